import { DAY, HOUR } from '../matching-world.ts'
import { daytime } from './client.ts'
import { openDeal } from './deal.ts'
import type { Person } from './population.ts'
import type { Society } from './society.ts'
import { startVisit } from './visit.ts'

/** Of those who work for the company every other one is named in the settings. */
export const EMPLOYEES = 4

/** Tries the site and the telephone now and then, from the company's own browsers. */
export function beginEmployee(society: Society): Person {
  const { world, population } = society
  const { chance } = world
  const person = population.newPerson()
  person.wish = 'none'
  const next = () => {
    startVisit(
      society,
      person,
      chance.pick(person.devices),
      chance.weighted({ look: 4, form: 3, call: 3, note_number: 0 }),
      false,
    )
    const at_ms = daytime(world, world.now_ms + chance.skewed(5 * DAY, 0.7))
    if (at_ms < world.ends_ms) world.at(at_ms, next)
  }
  world.at(daytime(world, world.now_ms + chance.exponential(3 * DAY)), next)
  return person
}

/** Writes in for client after client, with the agent's own phone; each becomes a deal with a card of its own. */
export function beginAgent(society: Society): void {
  const { world, population } = society
  const { chance, truth } = world
  const agent = population.newPerson()
  agent.wish = 'none'
  const next = () => {
    const visit = startVisit(society, agent, chance.pick(agent.devices), 'look', false)
    const client = population.newPerson()
    client.wish = 'buys'
    truth.touch(client.id, { at_ms: world.now_ms, session: visit.key.session, channel: visit.arrival.traffic.channel })
    world.at(world.now_ms + chance.exponential(5 * HOUR), () =>
      openDeal(society, client, { phone: agent.phone, email: agent.email }),
    )
    const at_ms = daytime(world, world.now_ms + chance.skewed(3 * DAY, 0.8))
    if (at_ms < world.ends_ms) world.at(at_ms, next)
  }
  world.at(daytime(world, world.now_ms + chance.exponential(3 * DAY)), next)
}
