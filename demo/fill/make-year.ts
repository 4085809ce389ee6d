import { demoNumbers, demoPool, demoSite } from '../demo-site.ts'
import { addressPrefixes, agents, direct, estates, lossReasons, managers, type Way, ways } from './market.ts'
import { type Random, seededRandom } from './random.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Facts of one kind of route, as the public API takes them. */
export interface Year {
  events: object[]
  leases: object[]
  calls: object[]
  deals: object[]
  costs: object[]
}

export interface YearOptions {
  base_url: string
  days: number
  visits: number
  seed: number
  now_ms: number
}

interface Person {
  id: string
  phone: string
  email: string
  intent: number
  devices: { visitor: string; agent: string; ip: string; ga: string; ym: string }[]
  estate: (typeof estates)[number]
}

interface Visit {
  person: Person
  /** 0-based: how many visits the person made before. */
  order: number
  at_ms: number
  way: Way
}

/** A believable year: people come several times, from several devices, ask, ring, and some buy months later. */
export function makeYear(options: YearOptions): Year {
  const random = seededRandom(options.seed)
  const year: Year = { events: [], leases: [], calls: [], deals: [], costs: [] }
  const visits = planVisits(options, random)
  const spending = new Map<string, { way: Way; date: string; clicks: number }>()
  const free = demoNumbers.map((number) => ({ number, until_ms: 0 }))
  for (const visit of visits) {
    const session = addSession(visit, options, random, year)
    if (session.contacts) {
      addCall(visit, session, free, random, year, options)
      addDeal(visit, session, random, year, options)
    }
    countClick(visit, spending)
  }
  addCosts(spending, random, year)
  return year
}

function planVisits({ days, visits, seed, now_ms }: YearOptions, random: Random): Visit[] {
  const planned: Visit[] = []
  for (let index = 0; planned.length < visits; index++) {
    const person = makePerson(index, seed, random)
    const first = random.weighted(ways)
    person.intent = Math.min(1, first.quality * random.next() * 0.9)
    const count = 1 + Math.floor(random.exponential(0.4 + person.intent * 3))
    let at_ms = now_ms - random.next() * days * DAY
    for (let order = 0; order < count && at_ms < now_ms - HOUR; order++) {
      const way = order === 0 ? first : random.chance(0.45) ? direct : random.weighted(ways)
      planned.push({ person, order, at_ms: Math.floor(toOfficeHours(at_ms, random)), way })
      at_ms += HOUR * 3 + random.exponential(9 * DAY)
    }
  }
  return planned.sort((a, b) => a.at_ms - b.at_ms)
}

/** Most people look at flats in the day and in the evening (Moscow time). */
function toOfficeHours(at_ms: number, random: Random): number {
  const hour = random.weighted([
    { weight: 1, from: 6 },
    { weight: 5, from: 9 },
    { weight: 6, from: 13 },
    { weight: 7, from: 18 },
  ]).from
  return Math.floor(at_ms / DAY) * DAY + (hour - 3 + random.next() * 4) * HOUR
}

function makePerson(index: number, seed: number, random: Random): Person {
  const id = `${seed}-${index}`
  const deviceCount = random.chance(0.3) ? 2 : 1
  return {
    id,
    phone: `+7926${String((seed * 7_654_321 + index * 104_729) % 10_000_000).padStart(7, '0')}`,
    email: `buyer.${seed}.${index}@example.com`,
    intent: 0,
    devices: Array.from({ length: deviceCount }, (_, device) => ({
      visitor: `fill-${id}-${device}`,
      agent: random.weighted(agents).text,
      ip: `${random.pick(addressPrefixes)}.${random.whole(2, 250)}`,
      ga: `${random.whole(100_000_000, 999_999_999)}.${random.whole(1_600_000_000, 1_750_000_000)}`,
      ym: `17${random.whole(10_000_000, 99_999_999)}${random.whole(100_000_000, 999_999_999)}`,
    })),
    estate: random.pick(estates),
  }
}

interface Session {
  id: string
  visitor: string
  ga: string
  ym: string
  contacts: boolean
  start_ms: number
  end_ms: number
}

function addSession(
  { person, order, at_ms, way }: Visit,
  { base_url }: YearOptions,
  random: Random,
  year: Year,
): Session {
  const device = person.devices[order % person.devices.length] as Person['devices'][number]
  const id = `fill-${person.id}-s${order}`
  const landing = `${base_url}${random.chance(0.5) ? person.estate.path : '/demo/'}${way.query && `?${way.query}`}${/=$/.test(way.query) ? random.whole(1e9, 9e9) : ''}`
  const pageCount = 1 + Math.floor(random.exponential(0.6 + person.intent * 3))
  const contacts = random.chance(0.02 + person.intent * person.intent * 0.28)
  const events: object[] = []
  let now_ms = at_ms
  for (let page = 0; page < pageCount; page++) {
    const url = page === 0 ? landing : `${base_url}${random.pick([person.estate.path, '/demo/', '/demo/contacts'])}`
    const referrer = page === 0 ? way.referrer : `${base_url}/demo/`
    events.push({
      id: `${id}-p${page}`,
      type: 'page',
      at: now_ms,
      url,
      ...(referrer && { referrer }),
      title: 'North Shore Homes',
    })
    now_ms += 8000 + Math.floor(random.exponential(45_000))
  }
  if (contacts && random.chance(0.55)) {
    const fields = {
      name: `Buyer ${person.id}`,
      phone: person.phone,
      ...(random.chance(0.5) && { email: person.email }),
    }
    events.push({
      id: `${id}-f`,
      type: 'form',
      at: now_ms,
      url: `${base_url}/demo/contacts`,
      form: { id: 'viewing', name: 'viewing', fields },
    })
    now_ms += 5000
  }
  const engaged_ms = Math.floor((now_ms - at_ms) * 0.8)
  events.push({
    id: `${id}-l`,
    type: 'leave',
    at: now_ms,
    url: landing,
    engaged_ms,
    scroll_percent: random.whole(20, 100),
  })
  year.events.push({
    site: demoSite,
    visitor: device.visitor,
    session: id,
    client_ids: { ga: device.ga, ym: device.ym },
    ip: device.ip,
    user_agent: device.agent,
    events,
  })
  return { id, visitor: device.visitor, ga: device.ga, ym: device.ym, contacts, start_ms: at_ms, end_ms: now_ms }
}

/** The longest-idle number goes out, as it does live. */
function addCall(
  { person }: Visit,
  session: Session,
  free: { number: string; until_ms: number }[],
  random: Random,
  year: Year,
  { now_ms }: YearOptions,
): void {
  const rings_ms = session.start_ms + Math.floor((session.end_ms - session.start_ms) * random.next()) + 3000
  const [longestIdle] = free.toSorted((a, b) => a.until_ms - b.until_ms)
  if (!longestIdle || longestIdle.until_ms > session.start_ms || !random.chance(0.6) || rings_ms > now_ms) return
  longestIdle.until_ms = session.end_ms + demoPool.lease_seconds * 1000
  year.leases.push({
    site: demoSite,
    pool: demoPool.id,
    number: longestIdle.number,
    visitor: session.visitor,
    session: session.id,
    from: session.start_ms,
    seen: session.end_ms,
    to: longestIdle.until_ms,
  })
  const isMissed = random.chance(0.12)
  const talk = isMissed ? 0 : Math.floor(random.exponential(95)) + 3
  year.calls.push({
    id: `${session.id}-c`,
    site: demoSite,
    from: person.phone,
    to: longestIdle.number,
    at: rings_ms,
    direction: 'in',
    status: isMissed ? 'missed' : 'answered',
    duration: talk + 8,
    talk,
    wait: 8,
    operator: random.pick(managers),
    provider: 'demo',
  })
}

function addDeal({ person }: Visit, session: Session, random: Random, year: Year, { now_ms }: YearOptions): void {
  if (!random.chance(0.45)) return
  const manager = random.pick(managers)
  const amount = Math.round(person.estate.price * (0.9 + random.next() * 0.6))
  const deal = {
    id: `${session.id}-d`,
    site: demoSite,
    created_at: session.end_ms + 30 * MINUTE,
    amount: `${amount}.00`,
    currency: 'RUB',
    project: person.estate.project,
    manager,
    contact: { id: `crm-${person.id}`, name: `Buyer ${person.id}`, phones: [person.phone], emails: [] },
  }
  const stages: { stage: string; status: string; after_ms: number; reason?: string }[] = [
    { stage: 'Request', status: 'open', after_ms: 30 * MINUTE },
    { stage: 'Viewing', status: 'open', after_ms: (2 + random.exponential(8)) * DAY },
  ]
  const end_ms = (15 + random.exponential(60)) * DAY
  if (random.chance(0.3 + person.intent * 0.3)) {
    stages.push({ stage: 'Reserved', status: 'open', after_ms: end_ms * 0.8 + 3 * DAY })
    stages.push({ stage: 'Contract signed', status: 'won', after_ms: end_ms + 8 * DAY })
  } else if (random.chance(0.7)) {
    stages.push({ stage: 'Refused', status: 'lost', after_ms: end_ms + 5 * DAY, reason: random.pick(lossReasons) })
  }
  for (const { stage, status, after_ms, reason } of stages) {
    const at = Math.floor(session.end_ms + after_ms)
    if (at < now_ms) year.deals.push({ ...deal, at, status, stage, ...(reason && { reason }) })
  }
}

function countClick({ way, at_ms }: Visit, spending: Map<string, { way: Way; date: string; clicks: number }>): void {
  if (!way.cost) return
  const date = new Date(at_ms + 3 * HOUR).toISOString().slice(0, 10)
  const key = `${date} ${way.cost.source} ${way.cost.medium} ${way.cost.campaign}`
  const entry = spending.get(key) ?? { way, date, clicks: 0 }
  entry.clicks++
  spending.set(key, entry)
}

/** Click prices wander by a fifth; people who came count as clicks, and a few more never arrived. */
function addCosts(spending: Map<string, { way: Way; date: string; clicks: number }>, random: Random, year: Year): void {
  for (const { way, date, clicks } of spending.values()) {
    const paidClicks = clicks + (random.chance(0.3) ? 1 : 0)
    const cost = (paidClicks * way.click_cost * (0.8 + random.next() * 0.4)).toFixed(2)
    const impressions = paidClicks * random.whole(15, 60)
    year.costs.push({ site: demoSite, date, ...way.cost, cost, currency: 'RUB', clicks: paidClicks, impressions })
  }
}
