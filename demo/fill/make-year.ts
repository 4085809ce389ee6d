import { demoSite } from '../demo-site.ts'
import { addCosts, countClick, type Spending } from './costs.ts'
import { addCall, addDeal, contactOf, freeNumbers } from './customer.ts'
import type { Making, Session, Year, YearOptions } from './making.ts'
import { type Person, planVisits, type Visit } from './people.ts'
import { seededRandom } from './random.ts'
import { fillWords } from './words.ts'

const DAY = 24 * 60 * 60_000

/** A believable year: people come several times, from several devices, few ask or ring, and some of those buy months later. */
export function makeYear(asked: YearOptions): Year {
  const options = onOneDay(asked)
  const random = seededRandom(options.seed)
  const words = fillWords[options.language]
  const year: Year = { events: [], leases: [], calls: [], deals: [], costs: [] }
  const spending: Spending = new Map()
  const numbers = freeNumbers()
  for (const visit of planVisits(options, words, random)) {
    const contact = contactOf(visit, random)
    const session = addSession(visit, contact.form, { options, words, random, year })
    if (contact.call) addCall(visit.person, session, numbers, { options, words, random, year })
    if (contact.form || contact.call) addDeal(visit.person, session, { options, words, random, year })
    countClick(visit, spending)
  }
  addCosts(spending, options, random, year)
  return year
}

/** The same seed makes the same facts all day long, and others with other ids on another day. */
function onOneDay(options: YearOptions): YearOptions {
  const day = Math.floor(options.now_ms / DAY)
  return { ...options, now_ms: day * DAY, seed: options.seed * 100_000 + day }
}

function addSession({ person, order, at_ms, way }: Visit, sendsForm: boolean, making: Making): Session {
  const { options, words, random, year } = making
  const device = person.devices[order % person.devices.length] as Person['devices'][number]
  const id = `fill-${person.id}-s${order}`
  const clickId = way.query.endsWith('=') ? String(random.whole(1e9, 9e9)) : ''
  const query = way.query && `?${way.query}${clickId}`
  const landing = `${options.base_url}${random.chance(0.5) ? person.estate.path : '/demo/'}${query}`
  const pageCount = 1 + Math.floor(random.exponential(0.55 + person.intent * 2))
  const events: object[] = []
  let now_ms = at_ms
  for (let page = 0; page < pageCount; page++) {
    const path = random.pick([person.estate.path, '/demo/', '/demo/contacts'])
    const url = page === 0 ? landing : `${options.base_url}${path}`
    const referrer = page === 0 ? way.referrer : `${options.base_url}/demo/`
    const title = words.pageTitle
    events.push({ id: `${id}-p${page}`, type: 'page', at: now_ms, url, ...(referrer && { referrer }), title })
    now_ms += 8000 + Math.floor(random.exponential(45_000))
  }
  if (sendsForm) {
    const email = random.chance(0.5) && { email: person.email }
    const form = { id: 'viewing', name: 'viewing', fields: { name: person.name, phone: person.phone, ...email } }
    events.push({ id: `${id}-f`, type: 'form', at: now_ms, url: `${options.base_url}/demo/contacts`, form })
    now_ms += 5000
  }
  const engaged_ms = Math.floor((now_ms - at_ms) * 0.8)
  const scroll_percent = random.whole(20, 100)
  events.push({ id: `${id}-l`, type: 'leave', at: now_ms, url: landing, engaged_ms, scroll_percent })
  year.events.push({
    site: demoSite,
    visitor: device.visitor,
    session: id,
    client_ids: { ym: device.ym },
    ip: device.ip,
    user_agent: device.agent,
    events,
  })
  return { id, visitor: device.visitor, start_ms: at_ms, end_ms: now_ms }
}
