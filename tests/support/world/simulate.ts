import { SiteDocument } from '#storage/settings/documents.ts'
import { DAY, HOUR, START_MS } from '../matching-world.ts'
import { openChance } from './chance.ts'
import { beginClient, daytime, importOldDeal } from './client.ts'
import { openNames } from './names.ts'
import { openNumbers } from './numbers.ts'
import { openPopulation, type Person } from './population.ts'
import type { Society } from './society.ts'
import { beginAgent, beginEmployee, EMPLOYEES } from './staff.ts'
import { openTimeQueue } from './time-queue.ts'
import { Truth } from './truth.ts'
import type { SimulatedFact, World } from './world.ts'
import type { WorldOptions } from './world-options.ts'

export interface Simulation {
  options: WorldOptions
  /** Complete once all facts were taken. */
  truth: Truth
  /** Settings documents of the site. */
  documents: { site: object[]; pool: object[] }
  /** In the order ingest receives them; made as they are taken, so that a world of any size fits. */
  facts: Generator<SimulatedFact>
}

/** A world with everything in it that makes matching hard, the same for the same options. */
export function simulate(options: WorldOptions): Simulation {
  const truth = new Truth()
  const chance = openChance(options.seed)
  const happenings = openTimeQueue<() => void>()
  const told = openTimeQueue<SimulatedFact>()
  const counts = new Map<string, number>()
  let now_ms = START_MS
  const world: World = {
    ...{ options, chance, truth, ends_ms: START_MS + options.days * DAY },
    numbers: openNumbers(() => world, options),
    names: openNames(options.seed, options.named_share),
    get now_ms() {
      return now_ms
    },
    at: (moment_ms, happens) => happenings.put(Math.max(Math.round(moment_ms), now_ms), happens),
    // The table says which columns the row has; TypeScript does not follow that through a generic.
    tell: (table, row) => told.put(row.received_at, { table, row } as SimulatedFact),
    newId(prefix) {
      const count = (counts.get(prefix) ?? 0) + 1
      counts.set(prefix, count)
      return `${prefix}${count}`
    },
  }
  const staff = populate(world)
  function* facts(): Generator<SimulatedFact> {
    while (happenings.size > 0 || told.size > 0) {
      if (told.earliest_ms() <= happenings.earliest_ms()) yield told.take() as SimulatedFact
      else {
        now_ms = happenings.earliest_ms()
        happenings.take()?.()
      }
    }
  }
  const blocked = staff
    .filter((_, index) => index % 2 === 0)
    .flatMap(({ phone, email }) => [phone, email].filter(Boolean))
  // What the settings name is the company's own, and so nobody's.
  for (const value of blocked) truth.nobodys([value.includes('@') ? 'email' : 'phone', value])
  const site = SiteDocument.parse({ id: options.site, domains: [`${options.site}.example`], blocked })
  return { options, truth, documents: { site: [site], pool: [...world.numbers.pools] }, facts: facts() }
}

/** Has everybody come, each in their time. Gives back the company's own people. */
function populate(world: World): Person[] {
  const { options } = world
  const population = openPopulation(world)
  const kiosks = Array.from({ length: options.kiosks }, () => ({
    ...population.newDevice('tablet', '10.255.0.1'),
    showroom: { session: '', seen_ms: 0 },
  }))
  const society: Society = { world, population, dealt: new Set(), kiosks }
  const staff = Array.from({ length: EMPLOYEES }, () => beginEmployee(society))
  const agents = Math.round(options.people * options.agents_per_person)
  for (let agent = 0; agent < agents; agent++) beginAgent(society)
  const old = Math.round(options.people * 0.02)
  for (let deal = 0; deal < old; deal++) world.at(world.now_ms + HOUR, () => importOldDeal(society))
  planArrivals(society, options.people)
  return staff
}

/** A day's people at a time, so that those to come take no room. Others of a household come in the days after its first. */
function planArrivals(society: Society, people: number): void {
  const { world } = society
  const { chance, options } = world
  let left = people
  const come = () => {
    if (left <= 0) return
    left -= 1
    const { household } = beginClient(society)
    if (!household) return
    for (let others = 1 + chance.times(0.5); others > 0 && left > 0; others--) {
      left -= 1
      world.at(daytime(world, world.now_ms + chance.exponential(6 * DAY)), () => beginClient(society, household))
    }
  }
  const midnight_ms = Math.floor(START_MS / DAY) * DAY + DAY
  const day = (number: number) => {
    const due = Math.ceil(left / Math.max(1, options.days - number))
    for (let person = 0; person < due; person++) world.at(daytime(world, world.now_ms), come)
    if (number + 1 < options.days) world.at(midnight_ms + (number + 1) * DAY, () => day(number + 1))
  }
  world.at(midnight_ms, () => day(0))
}
