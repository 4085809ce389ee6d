import { siteBucket } from '#domain/site-share.ts'
import type { Params, Store } from '#storage/client.ts'

/** The first site of the world. */
export const SITE = 'bench'

/** So many sites, of which as many processes have one each. */
export function siteNames(count: number): string[] {
  const placeOf = (site: string) => siteBucket(site) % count
  const names = [SITE]
  for (let number = 1; names.length < count; number++) {
    const name = `${SITE}-${number}`
    if (!names.some((other) => placeOf(other) === placeOf(name))) names.push(name)
  }
  return names
}

/** When its first visit begins; they are spread over four weeks, whatever their number. */
const BEGINS_MS = Date.UTC(2026, 9, 1)
const LASTS_MS = 28 * 86_400_000

const EVENTS_PER_VISIT = 3

/** As the durable log cuts them: an insert, and so a part, each. */
const SEGMENT_ROWS = 200_000

/** Numbers of the pool, taken in turn: long before one comes round again, its lease is over. */
const NUMBERS = 200

/** One visit in so many is shown a number, one of those in so many calls. */
const LEASED_EACH = 5
const CALLS_EACH = 20

/** One visit in so many sends a form; one call in so many becomes a deal. */
const FORM_EACH = 50
const DEAL_EACH = 4

/** What must come out. */
export interface Expected {
  facts: number
  sessions: number
  calls: number
  forms: number
  deals: number
}

/** A site's settings: one pool of all numbers. */
export function documentsOf(site: string): Record<'site' | 'pool', { id: string } & Record<string, unknown>> {
  return {
    site: { id: site, domains: ['bench.example'] },
    pool: {
      id: `main-${site}`,
      site,
      kind: 'dynamic',
      numbers: Array.from({ length: NUMBERS }, (_, index) => `+7495${String(1_100_000 + index)}`),
      replaces: ['+74950010000'],
    },
  }
}

/** Visits whose facts land together. */
const VISITS_TOGETHER = Math.floor(SEGMENT_ROWS / EVENTS_PER_VISIT)

/**
 * Lands the facts of so many visits as the log's writer does: what came at one time from all tables, in segments of 200,000
 * rows at most, an insert each, and then the word that they are in. Every row is a function of its number, so that every
 * run has the same world. A visit is to one of the sites; segments hold facts of all of them.
 */
export async function landWorld(store: Store, visits: number, sites: readonly string[]): Promise<Expected> {
  const step_ms = Math.max(1, Math.floor(LASTS_MS / visits))
  const world = { sites, begins_ms: BEGINS_MS, step_ms, visitors: Math.ceil(visits * 0.7) }
  const countOf = (some: number) => {
    const leased = Math.ceil(some / LEASED_EACH)
    const calls = Math.ceil(leased / CALLS_EACH)
    const deals = Math.ceil(calls / DEAL_EACH)
    return { events: some * EVENTS_PER_VISIT, leases: leased * 2, calls, deals: deals * 2 }
  }
  let landed = countOf(0)
  for (let segment = 0; segment * VISITS_TOGETHER < visits; segment++) {
    const due = countOf(Math.min(visits, (segment + 1) * VISITS_TOGETHER))
    for (const [table, said] of Object.entries(tables)) {
      const first = landed[table as keyof typeof landed]
      const size = due[table as keyof typeof due] - first
      if (size > 0) await landSegment(store, { table, segment, first, size }, said, world)
    }
    landed = due
  }
  const { events, leases, calls, deals } = landed
  const forms = Math.ceil(visits / FORM_EACH)
  return { facts: events + leases + calls + deals, sessions: visits, calls, forms, deals: deals / 2 }
}

async function landSegment(
  store: Store,
  { table, segment, first, size }: { table: string; segment: number; first: number; size: number },
  { visit: of, columns }: Said,
  world: Params,
): Promise<void> {
  const names = Object.keys(columns)
  await store.command(
    `INSERT INTO ${table} (node, segment, row, site, ${names.map((name) => `\`${name}\``).join(', ')})
     WITH ${functions}
     SELECT 'bench', {segment:UInt32}, toUInt32(number - {first:UInt64}), siteOf(${of}), ${Object.values(columns).join(', ')}
     FROM numbers({first:UInt64}, {size:UInt64})`,
    { segment, first, size, ...world },
  )
  await store.insert('segments', [
    { node: 'bench', table, segment, rows: size, first_received_at: BEGINS_MS, landed_at: Date.now() },
  ])
}

/** Columns by name, as expressions of `number`. */
type Columns = Record<string, string>

/** What is said of each row of a table, and of which visit. */
interface Said {
  visit: string
  columns: Columns
}

/** A visit's id, visitor and moments are functions of its number. */
const functions = `
  (visit -> concat('s', substring(lower(hex(sipHash128(visit, 'session'))), 1, 21))) AS sessionOf,
  (visit -> arrayElement({sites:Array(String)}, 1 + cityHash64(visit, 'site') % length({sites:Array(String)}))) AS siteOf,
  (visit -> cityHash64(visit, 'visitor') % {visitors:UInt64}) AS personOf,
  (person -> concat('v', substring(lower(hex(sipHash128(person, 'visitor'))), 1, 21))) AS visitorOf,
  (person -> concat('+79', leftPad(toString(cityHash64(person, 'phone') % 1000000000), 9, '1'))) AS phoneOf,
  (visit -> toInt64({begins_ms:Int64} + visit * {step_ms:Int64})) AS startOf,
  (ms -> fromUnixTimestamp64Milli(toInt64(ms), 'UTC')) AS instant`

const visit = `intDiv(number, ${EVENTS_PER_VISIT})`
const place = `(number % ${EVENTS_PER_VISIT})`
const person = `personOf(${visit})`
const isForm = `(${visit} % ${FORM_EACH} = 7 AND ${place} = 2)`
const isLanding = `(${place} = 0)`
const traffic = `(cityHash64(${visit}, 'traffic') % 4)`
const among = (...values: string[]) => `[${values.map((value) => `'${value}'`).join(', ')}][${traffic} + 1]`

const eventColumns: Columns = {
  id: `concat('e', toString(number), '-', substring(lower(hex(sipHash64(number))), 1, 12))`,
  type: `multiIf(${isForm}, 'form', ${place} = 2, 'leave', 'page')`,
  at: `instant(startOf(${visit}) + ${place} * 40000)`,
  received_at: `instant(startOf(${visit}) + ${place} * 40000 + 900)`,
  bot: `toUInt8(${visit} % 20 = 3)`,
  visitor: `visitorOf(${person})`,
  session: `sessionOf(${visit})`,
  ga: `if(${person} % 2 = 0, concat(toString(1000000000 + ${person}), '.1674837243'), '')`,
  ym: `if(${person} % 10 < 7, toString(1668581346000000000 + ${person}), '')`,
  url: `concat('https://bench.example/catalog/item-', toString(number % 700), if(${isLanding} AND ${traffic} = 0, '?utm_source=yandex&utm_medium=cpc&utm_campaign=brand', ''))`,
  referrer: `if(${isLanding}, ${among('https://yandex.ru/', 'https://www.google.com/', 'https://t.me/', '')}, '')`,
  title: `concat('Catalogue, item ', toString(number % 700))`,
  source: `if(${isLanding}, ${among('yandex', 'google', 't.me', '(direct)')}, '(internal)')`,
  medium: `if(${isLanding}, ${among('cpc', 'organic', 'social', '(none)')}, '(none)')`,
  campaign: `if(${isLanding} AND ${traffic} = 0, 'brand', '')`,
  channel: `if(${isLanding}, ${among('paid_search', 'organic_search', 'social', 'direct')}, 'internal')`,
  click_ids: `CAST(if(${isLanding} AND ${traffic} = 0, map('yclid', toString(sipHash64(${visit}))), map()), 'Map(String, String)')`,
  referrer_host: `if(${isLanding}, ${among('yandex.ru', 'www.google.com', 't.me', '')}, '')`,
  engaged_ms: `toUInt32(if(${place} = 2, 20000 + cityHash64(number) % 60000, 0))`,
  scroll_percent: `toUInt8(if(${place} = 2, cityHash64(number) % 101, 0))`,
  phone: `if(${isForm}, phoneOf(${person}), '')`,
  email: `if(${isForm} AND ${visit} % 100 = 7, concat('box', toString(${person}), '@mail.example'), '')`,
  device: `if(${person} % 3 = 0, 'desktop', 'mobile')`,
  browser: `if(${person} % 3 = 0, 'Chrome', 'Chrome Mobile')`,
  os: `if(${person} % 3 = 0, 'Windows', 'Android')`,
  country: `'RU'`,
  region: `'Moscow'`,
  city: `'Moscow'`,
  ip: `concat('91.77.', toString(${person} % 250), '.0')`,
  user_agent: `'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36'`,
}

/** Two words on each lease: taken, and the last renewal. */
const leased = 'intDiv(number, 2)'
const leasedVisit = `(${leased} * ${LEASED_EACH})`
const leaseColumns: Columns = {
  id: `concat('l', toString(number))`,
  received_at: `instant(startOf(${leasedVisit}) + 1000 + (number % 2) * 80000)`,
  change: `if(number % 2 = 0, 'taken', 'renewed')`,
  pool: `'main'`,
  number: `concat('+7495', toString(1100000 + ${leased} % ${NUMBERS}))`,
  visitor: `visitorOf(personOf(${leasedVisit}))`,
  session: `sessionOf(${leasedVisit})`,
  from: `instant(startOf(${leasedVisit}) + 1000)`,
  seen: `instant(startOf(${leasedVisit}) + 1000 + (number % 2) * 80000)`,
  to: `instant(startOf(${leasedVisit}) + 151000 + (number % 2) * 80000)`,
}

const caller = (call: string) => `(${call} * ${CALLS_EACH * LEASED_EACH})`
const callColumns: Columns = {
  id: `concat('c', toString(number))`,
  at: `instant(startOf(${caller('number')}) + 60000)`,
  received_at: `instant(startOf(${caller('number')}) + 120000)`,
  from: `phoneOf(personOf(${caller('number')}))`,
  to: `concat('+7495', toString(1100000 + (number * ${CALLS_EACH}) % ${NUMBERS}))`,
  direction: `'in'`,
  status: `'answered'`,
  duration: '65',
  talk: '50',
  wait: '15',
  provider: `'mango'`,
}

/** Two messages about each deal: opened, and won three days later. */
const dealCall = `(intDiv(number, 2) * ${DEAL_EACH})`
const dealPerson = `personOf(${caller(dealCall)})`
const dealMoment = `startOf(${caller(dealCall)}) + 600000 + (number % 2) * 259200000`
const dealColumns: Columns = {
  id: `concat('d', toString(intDiv(number, 2)))`,
  at: `instant(${dealMoment})`,
  received_at: `instant(${dealMoment} + 500)`,
  status: `if(number % 2 = 0, 'open', 'won')`,
  stage: `if(number % 2 = 0, 'new', 'paid')`,
  amount: `toDecimal64(1000 + intDiv(number, 2) % 5000, 4)`,
  currency: `'RUB'`,
  contact_id: `concat('k', toString(${dealPerson}))`,
  phones: `[phoneOf(${dealPerson})]`,
  call: `concat('c', toString(${dealCall}))`,
  version: 'toInt64(number % 2)',
}

const tables: Record<string, Said> = {
  events: { visit, columns: eventColumns },
  leases: { visit: leasedVisit, columns: leaseColumns },
  calls: { visit: caller('number'), columns: callColumns },
  deals: { visit: caller(dealCall), columns: dealColumns },
}

/** The visit that a call of this world came from, as SQL over the call's id in column `id`. */
export const CALLING_SESSION = `concat('s', substring(lower(hex(sipHash128(toUInt64(substring(id, 2)) * ${
  CALLS_EACH * LEASED_EACH
}, 'session'))), 1, 21))`
