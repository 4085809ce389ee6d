import { DAY, HOUR, MINUTE, SECOND } from '../matching-world.ts'
import { chosenPhone } from './contacts.ts'
import { requestOf } from './deal.ts'
import { type Provider, printed, providers, SITE_NUMBER } from './numbers.ts'
import type { Person } from './population.ts'
import type { Society } from './society.ts'
import type { NumberHeld } from './truth.ts'
import type { Visit } from './visit-events.ts'
import type { World } from './world.ts'

/** Of an exchange that forwards calls and shows its own line for the caller's. */
export const TRUNK_PHONE = '+74952000099'

/** A call to the number that the visit shows. */
export function callFromVisit(society: Society, { person, number, key, isPresent }: Visit): void {
  const { numbers } = society.world
  const isHeld = numbers.isHeldBy(number, key.session)
  const seen = isPresent ? 'on_screen' : 'in_reserve'
  const held = number === SITE_NUMBER ? 'site_number' : isHeld ? seen : 'saved'
  ring(society, person, { number, session: key.session, held })
  if (society.world.chance.chance(0.15)) callLater(society, person)
}

/** Days later, to the number that was noted: by then it may be another visitor's. */
export function callLater(society: Society, person: Person): void {
  const { world } = society
  const { saved } = person
  if (!saved) return
  world.at(world.now_ms + world.chance.skewed(3 * DAY, 1), () => {
    const isHeld = world.numbers.isHeldBy(saved.number, saved.session)
    const held = saved.number === SITE_NUMBER ? 'site_number' : isHeld ? 'in_reserve' : 'saved'
    ring(society, person, { ...saved, held })
  })
}

/** A reader of the gazette calls the number in it. */
export function callPrinted(society: Society, person: Person): void {
  const { chance, truth, now_ms } = society.world
  const { number } = chance.pick(printed)
  truth.touch(person.id, { at_ms: now_ms, session: '', channel: 'offline' })
  ring(society, person, { number, session: '', held: 'printed' })
}

interface Dialled {
  number: string
  session: string
  held: NumberHeld
}

/** Rings now; the company hears of it by its provider's clock. */
export function ring(society: Society, person: Person, { number, session, held }: Dialled): void {
  const { world } = society
  const { chance, truth, now_ms } = world
  const id = world.newId('c')
  const provider = world.numbers.providerOf(number)
  const { from, isClients } = callerPhone(world, person, provider)
  truth.calls.push({ id, person: person.id, at_ms: now_ms, session, held, provider })
  truth.conversions.push({ id, kind: 'lead', person: person.id, at_ms: now_ms, revenue: 0 })
  truth.fact(person.id, [['call', id], ...(isClients ? [['phone', from] as const] : [])])
  if (held === 'on_screen' || held === 'in_reserve') {
    truth.fact(person.id, [
      ['call', id],
      ['session', session],
    ])
  }
  const isAnswered = chance.chance(0.85)
  const talk = isAnswered ? Math.round(chance.skewed(70, 0.9)) : 0
  const wait = Math.round(chance.between(4, 30))
  const spoken = { status: isAnswered ? 'answered' : 'missed', talk, wait, duration: talk + wait }
  tellCall(world, { id, from, to: number, direction: 'in', provider, ...spoken })
  const client = isClients ? from : ''
  if (!isAnswered && client !== '' && chance.chance(0.5)) callBack(society, person, client)
  requestOf(society, person, { call: id, phone: client })
}

/** What the provider shows as the caller's phone, and whether a client of the company has it. */
function callerPhone(world: World, person: Person, provider: Provider): { from: string; isClients: boolean } {
  const { chance } = world
  if (person.withholds) return { from: '', isClients: false }
  if (provider === 'novofon' && chance.chance(0.1)) {
    world.truth.nobodys(['phone', TRUNK_PHONE])
    return { from: TRUNK_PHONE, isClients: false }
  }
  return { from: chosenPhone(world, person), isClients: true }
}

function callBack({ world }: Society, person: Person, to: string): void {
  const { chance, truth } = world
  world.at(world.now_ms + chance.exponential(40 * MINUTE), () => {
    const id = world.newId('c')
    truth.fact(person.id, [
      ['call', id],
      ['phone', to],
    ])
    const talk = Math.round(chance.skewed(90, 0.8))
    const said = { status: 'answered', talk, wait: 8, duration: talk + 8 }
    tellCall(world, { id, from: SITE_NUMBER, to, direction: 'out', provider: 'mango', ...said })
  })
}

interface ToldCall {
  id: string
  from: string
  to: string
  direction: 'in' | 'out'
  provider: Provider
  status: string
  talk: number
  wait: number
  duration: number
}

/** One message, or two versions; some late, some twice. */
function tellCall(world: World, call: ToldCall): void {
  const { chance, options, now_ms } = world
  const at = Math.round(now_ms + clockOff_ms(world, call.provider))
  const ended_ms = now_ms + call.duration * SECOND
  const late_ms = chance.chance(options.late_share) ? chance.exponential(10 * HOUR) : chance.between(0.2, 4) * SECOND
  const row = { site: options.site, at, ...call }
  const isEarly = chance.chance(0.3)
  if (isEarly) {
    const ringing = { status: 'missed', talk: 0, duration: 0, version: 1 }
    world.tell('calls', { ...row, ...ringing, received_at: Math.round(now_ms + chance.between(0.2, 2) * SECOND) })
  }
  const last = { ...row, version: isEarly ? 2 : 0, received_at: Math.round(ended_ms + late_ms) }
  world.tell('calls', last)
  if (chance.chance(options.repeated_share)) {
    world.tell('calls', { ...last, received_at: Math.round(last.received_at + chance.exponential(30 * MINUTE)) })
  }
}

/** The first provider's clock is right, the second's fast, the third's slow; each message wavers. */
function clockOff_ms({ options, chance }: World, provider: Provider): number {
  const direction = [0, 1, -0.8][providers.indexOf(provider)] as number
  return direction * options.clock_off_ms + chance.between(-1, 1) * options.jitter_ms
}
