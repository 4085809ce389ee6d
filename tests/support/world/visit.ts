import { MINUTE, SECOND } from '../matching-world.ts'
import { callFromVisit, callLater } from './call.ts'
import { sendForm } from './form.ts'
import type { Device, Person } from './population.ts'
import type { Society } from './society.ts'
import { type Arrival, arrive, nextPage, openAgain } from './traffic.ts'
import { eventOf, identifiersOf, type Visit } from './visit-events.ts'
import type { World } from './world.ts'

/** The tracker asks for its numbers again while somebody is at the page. */
const PULSE_MS = 44 * SECOND

/** Nobody finds the number, or fills in a form, any faster. */
const READ_AND_DIAL_MS = 6 * SECOND

/** The tracker begins another visit after so long without a sign of life. */
const SILENCE_MAX_MS = 30 * MINUTE

/** What somebody does with a visit. */
export type Errand = 'look' | 'form' | 'call' | 'note_number'

/** Somebody opens the site now. What follows from it happens by itself. */
export function startVisit(society: Society, person: Person, device: Device, errand: Errand, isFirst: boolean): Visit {
  const { world } = society
  const { chance, options, truth } = world
  const arrival = device.showroom ? openAgain(chance, options.site) : arrive(chance, options.site, isFirst)
  const key = { site: options.site, visitor: device.visitor, session: sessionOn(world, device) }
  const visit: Visit = {
    person,
    device,
    key,
    number: '',
    arrival,
    isPresent: true,
    cameBack: device.showroom !== undefined,
  }
  truth.touch(person.id, { at_ms: world.now_ms, session: key.session, channel: arrival.traffic.channel })
  truth.fact(person.id, identifiersOf(visit))
  showPage(society, visit, arrival)
  const { source, channel } = arrival.traffic
  visit.number = world.numbers.show(key, device.address, { source, channel, landing_url: arrival.url })
  const length_ms = Math.max(planPages(society, visit), errand === 'look' ? 0 : 3 * READ_AND_DIAL_MS)
  planPulse(society, visit)
  const busy_ms = Math.max(READ_AND_DIAL_MS, chance.between(0.15, 0.95) * length_ms)
  if (errand === 'form') world.at(world.now_ms + busy_ms, () => sendForm(society, visit))
  if (errand === 'call') planCall(society, visit, busy_ms)
  else if (device.kind === 'mobile' && chance.chance(0.02))
    world.at(world.now_ms + busy_ms, () => clickPhone(society, visit))
  world.at(world.now_ms + length_ms, () => leave(society, visit, length_ms))
  if (visit.number !== '') person.saved = { number: visit.number, session: key.session }
  if (errand === 'note_number') callLater(society, person)
  return visit
}

/** A tablet that is never left alone for long goes on with its visit, whoever comes. */
function sessionOn(world: World, { showroom }: Device): string {
  if (!showroom) return world.newId('s')
  if (world.now_ms - showroom.seen_ms > SILENCE_MAX_MS) showroom.session = world.newId('s')
  showroom.seen_ms = world.now_ms
  return showroom.session
}

function showPage(society: Society, visit: Visit, { url, referrer, traffic }: Arrival): void {
  const { page_host: _, page_path: __, ...columns } = traffic
  society.world.tell('events', { ...eventOf(society.world, visit), type: 'page', url, referrer, ...columns })
}

/** Further pages, one after the other. Returns how long the visit takes. */
function planPages(society: Society, visit: Visit): number {
  const { world } = society
  const { chance, options } = world
  let length_ms = Math.max(3 * SECOND, chance.exponential(60 * SECOND))
  for (let left = chance.times(2); left > 0; left--) {
    world.at(world.now_ms + length_ms, () => {
      if (!visit.isPresent) return
      showPage(society, visit, comeBack(society, visit) ?? nextPage(chance, options.site))
      world.numbers.touch(visit.key)
    })
    length_ms += Math.max(3 * SECOND, chance.exponential(50 * SECOND))
  }
  return Math.round(length_ms)
}

/** Now and then somebody goes on with a visit by another advertisement, which begins the next visit. */
function comeBack({ world }: Society, visit: Visit): Arrival | undefined {
  const { chance, options, truth, now_ms } = world
  if (visit.cameBack || !chance.chance(0.02)) return undefined
  const arrival = arrive(chance, options.site, true)
  const { channel, campaign } = arrival.traffic
  if (channel === 'direct' || campaign === '' || campaign === visit.arrival.traffic.campaign) return undefined
  visit.cameBack = true
  truth.touch(visit.person.id, { at_ms: now_ms, session: `${visit.key.session}.2`, channel })
  return arrival
}

function planPulse({ world }: Society, visit: Visit): void {
  const pulse = () => {
    if (!visit.isPresent) return
    world.numbers.touch(visit.key)
    world.at(world.now_ms + PULSE_MS, pulse)
  }
  world.at(world.now_ms + PULSE_MS, pulse)
}

function leave(society: Society, visit: Visit, length_ms: number): void {
  const { world } = society
  if (!visit.isPresent) return
  visit.isPresent = false
  world.numbers.release(visit.key)
  const engaged_ms = Math.round(length_ms * world.chance.between(0.4, 1))
  const scroll_percent = world.chance.whole(10, 101)
  const { url } = visit.arrival
  world.tell('events', { ...eventOf(society.world, visit), type: 'leave', url, engaged_ms, scroll_percent })
}

/** Most call with the page before them; some put the telephone down first and dial what they remember. */
function planCall(society: Society, visit: Visit, busy_ms: number): void {
  const { world } = society
  const { chance } = world
  const after = (ms: number, happens: () => void) => world.at(world.now_ms + ms, happens)
  const call = () => callFromVisit(society, visit)
  if (chance.chance(0.12)) {
    after(busy_ms, () => {
      leave(society, visit, busy_ms)
      after(chance.between(5, 140) * SECOND, call)
    })
  } else if (visit.device.kind !== 'mobile' || chance.chance(0.3)) after(busy_ms, call)
  else {
    after(busy_ms, () => {
      clickPhone(society, visit)
      // The telephone comes before the page, and most do not come back to it.
      if (chance.chance(0.5)) after(SECOND, () => leave(society, visit, busy_ms))
      after(chance.between(3, 14) * SECOND, call)
    })
  }
}

/** The number on the page is a link. */
function clickPhone({ world }: Society, visit: Visit): void {
  if (!visit.isPresent) return
  const click = { type: 'click', url: visit.arrival.url, click_kind: 'phone', click_target: visit.number }
  world.tell('events', { ...eventOf(world, visit), ...click })
}
