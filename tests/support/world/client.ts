import { DAY, HOUR, MINUTE } from '../matching-world.ts'
import { sendBot } from './bot.ts'
import { callPrinted } from './call.ts'
import { openDeal } from './deal.ts'
import { identify, sendMarketplaceLead } from './form.ts'
import type { Device, Household, Person } from './population.ts'
import type { Society } from './society.ts'
import { type Errand, startVisit } from './visit.ts'
import type { World } from './world.ts'

const SATURDAY = 6

/** Somebody comes to know of the company now; what they do in the months after it happens by itself. */
export function beginClient(society: Society, household?: Household): Person {
  const { world, population } = society
  const { chance, options } = world
  const home = household ?? (chance.chance(options.household_share * 0.55) ? population.newHousehold() : undefined)
  const person = population.newPerson(home)
  if (chance.chance(0.02)) world.at(world.now_ms + chance.exponential(DAY), () => callPrinted(society, person))
  if (person.wish !== 'none' && chance.chance(0.04)) {
    world.at(world.now_ms + chance.exponential(10 * DAY), () => sendMarketplaceLead(society, person))
  }
  // Some are never on the site: they walk into the office.
  if (person.wish === 'buys' && chance.chance(0.05)) openDeal(society, person, { phone: person.phone })
  else planVisits(society, person)
  return person
}

/** Deals of people from before the site was watched, told by the CRM when it is connected. */
export function importOldDeal(society: Society): void {
  const { world, population } = society
  const person = population.newPerson()
  person.wish = 'buys'
  openDeal(society, person, { phone: person.phone }, world.now_ms - world.chance.between(1, 60) * DAY)
  // An old client may come to the site for the first time.
  if (world.chance.chance(0.2))
    world.at(daytime(world, world.now_ms + world.chance.between(1, 60) * DAY), () =>
      visitOf(society, person, 'look', true),
    )
}

function planVisits(society: Society, person: Person): void {
  const { world } = society
  const { chance } = world
  const visits = 1 + chance.times({ none: 1.6, asks: 3, buys: 5 }[person.wish])
  let asked = false
  let begun = 0
  const next = () => {
    begun += 1
    const errand = errandOf(society, person, { isLast: begun === visits, asked })
    asked ||= errand !== 'look'
    visitOf(society, person, errand, begun === 1)
    if (begun === visits) return
    const at_ms = daytime(world, world.now_ms + chance.skewed(4 * DAY, 1.3))
    if (at_ms < world.ends_ms) world.at(at_ms, next)
  }
  next()
}

function errandOf(
  { world }: Society,
  { wish }: Person,
  { isLast, asked }: { isLast: boolean; asked: boolean },
): Errand {
  if (wish === 'none') return world.chance.weighted({ look: 960, form: 10, call: 27, note_number: 3 })
  if (isLast && !asked) return world.chance.weighted({ look: 0, form: 50, call: 47, note_number: 3 })
  return world.chance.weighted({ look: 60, form: 16, call: 22, note_number: 2 })
}

function visitOf(society: Society, person: Person, errand: Errand, isFirst: boolean): void {
  const { world, kiosks } = society
  const { chance, options } = world
  if (kiosks.length > 0 && person.wish !== 'none' && chance.chance(0.02)) visitShowroom(society, person)
  else visitSite(society, person, errand, isFirst)
  if (chance.chance(options.bots_per_visit)) world.at(world.now_ms + chance.exponential(HOUR), () => sendBot(society))
}

function visitSite(society: Society, person: Person, errand: Errand, isFirst: boolean): void {
  const { world } = society
  const { chance } = world
  const visit = startVisit(society, person, deviceOf(society, person), errand, isFirst)
  if (person.user === '' || !chance.chance(0.5)) return
  world.at(world.now_ms + chance.between(2, 20) * 1000, () => {
    if (visit.isPresent) identify(society, visit)
  })
}

/** People come on Saturday afternoons, and write in on the tablet that lies there. */
function visitShowroom(society: Society, person: Person): void {
  const { world, kiosks } = society
  const { chance, now_ms } = world
  const midnight_ms = Math.floor(now_ms / DAY) * DAY
  const saturday_ms = midnight_ms + (SATURDAY - new Date(midnight_ms).getUTCDay() || 7) * DAY
  const kiosk = chance.pick(kiosks)
  const at_ms = saturday_ms + chance.between(11, 15) * HOUR
  if (at_ms < world.ends_ms) world.at(at_ms, () => startVisit(society, person, kiosk, 'form', false))
}

function deviceOf({ world, population }: Society, { devices, household }: Person): Device {
  const { chance, options } = world
  if (household?.browser && chance.chance(0.25)) return household.browser
  const device = chance.pick(devices)
  if (chance.chance(options.private_share)) return population.newDevice(device.kind, device.address)
  if (device.visitor !== '' && chance.chance(options.cookies_lost_share)) population.loseCookies(device)
  else if (device.ga !== 'none' && chance.chance(options.cookies_lost_share / 2)) device.ga = population.newCounterId()
  return device
}

/** Brings a moment into the hours people are up, and not before now. */
export function daytime({ chance, now_ms }: World, moment_ms: number): number {
  const midnight_ms = Math.floor(moment_ms / DAY) * DAY
  const hour = chance.chance(0.6) ? chance.between(6, 20) : 6 + 7 * (chance.next() + chance.next())
  const at_ms = midnight_ms + hour * HOUR
  return at_ms > now_ms + 10 * MINUTE ? at_ms : at_ms + DAY
}
