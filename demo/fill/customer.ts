import { demoNumbers, demoPool, demoSite } from '../demo-site.ts'
import type { Making, Session } from './making.ts'
import type { Person, Visit } from './people.ts'
import type { Random } from './random.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Whether a visit ends in a form, a call, or, as nearly all do, in nothing. */
export function contactOf({ person }: Visit, random: Random): { form: boolean; call: boolean } {
  if (!random.chance(0.006 + person.intent * 0.085)) return { form: false, call: false }
  const way = random.next()
  return { form: way < 0.55, call: way > 0.47 }
}

/** A number of the pool, and until when it is kept for whoever has it. */
interface FreeNumber {
  number: string
  until_ms: number
}

export function freeNumbers(): FreeNumber[] {
  return demoNumbers.map((number) => ({ number, until_ms: 0 }))
}

/** The longest-idle number goes out, as it does live; with none left nobody would ring. */
export function addCall(person: Person, session: Session, free: FreeNumber[], making: Making): void {
  const { words, random, year } = making
  const [longestIdle] = free.toSorted((a, b) => a.until_ms - b.until_ms)
  const rings_ms = session.start_ms + Math.floor((session.end_ms - session.start_ms) * random.next()) + 3000
  if (!longestIdle || longestIdle.until_ms > session.start_ms) return
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
    operator: random.pick(words.managers),
    provider: 'demo',
  })
}

/** The CRM opens one deal a person, of those who were worth it, and tells each change. */
export function addDeal(person: Person, session: Session, making: Making): void {
  const { options, words, random, year } = making
  if (person.hasDeal || !random.chance(0.6)) return
  person.hasDeal = true
  const amount = Math.round(person.estate.price * (0.9 + random.next() * 0.6))
  const deal = {
    id: `D-${person.id}`,
    site: demoSite,
    created_at: session.end_ms + 30 * MINUTE,
    amount: `${amount}.00`,
    currency: 'RUB',
    project: person.estate.project,
    manager: random.pick(words.managers),
    contact: { id: `crm-${person.id}`, name: person.name, phones: [person.phone], emails: [] },
  }
  for (const { after_ms, ...change } of changesOf(person, making)) {
    const at = after_ms < DAY ? session.end_ms + after_ms : inOfficeHours(session.end_ms + after_ms)
    if (at < options.now_ms) year.deals.push({ ...deal, ...change, at })
  }
}

/** Managers write from ten to six, Moscow time; the order of a deal's changes stays, since they are days apart. */
function inOfficeHours(at_ms: number): number {
  const day_ms = Math.floor(at_ms / DAY) * DAY
  return Math.floor(day_ms + 7 * HOUR + (at_ms - day_ms) / 3)
}

interface Change {
  stage: string
  status: string
  after_ms: number
  reason?: string
}

function changesOf(person: Person, { words, random }: Making): Change[] {
  const { stages } = words
  const end_ms = (15 + random.exponential(40)) * DAY
  const changes: Change[] = [{ stage: stages.request, status: 'open', after_ms: 30 * MINUTE }]
  if (random.chance(0.55)) {
    changes.push({ stage: stages.viewing, status: 'open', after_ms: (2 + random.exponential(6)) * DAY })
  }
  if (random.chance(0.03 + person.intent * 0.16)) {
    changes.push({ stage: stages.reserved, status: 'open', after_ms: end_ms * 0.8 + 3 * DAY })
    changes.push({ stage: stages.signed, status: 'won', after_ms: end_ms + 8 * DAY })
  } else if (random.chance(0.8)) {
    const reason = random.pick(words.lossReasons)
    changes.push({ stage: stages.refused, status: 'lost', after_ms: end_ms + 5 * DAY, reason })
  }
  return changes
}
