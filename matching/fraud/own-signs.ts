import { isPhoneOf } from '#domain/calling-code.ts'
import { type SeenSign, seen } from '#domain/fraud.ts'
import type { HistoryRow } from '../history/history-tables.ts'
import { compareText } from '../receipt.ts'

const SECOND_MS = 1_000
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** A talk below this is none: silence, a wrong button, a robot that hangs up. */
const SHORT_TALK_S = 10
const SHORT_CALLS_MIN = 3
const SHORT_CALLS_WITHIN_MS = DAY_MS

/** A number takes a second to be read and longer to be dialled. */
const INSTANT_CALL_MAX_MS = 3 * SECOND_MS

/** Faster than anybody fills in a form. */
const INSTANT_FORM_MAX_MS = 5 * SECOND_MS
const ENGAGED_MIN_MS = 3 * SECOND_MS

const DUPLICATE_SALE_MAX_MS = 30 * DAY_MS
const PROJECTS_WITHIN_MS = 30 * DAY_MS
const PROJECTS_MIN = 3
const NAMES_MIN = 2

/** A deal that the visit itself led to is entered after it began; clocks differ. */
const KNOWN_BEFORE_MIN_MS = HOUR_MS

/** Ids shown as evidence of one sign. */
const IDS_MAX = 10

/** What a CRM says when there was nobody, or nobody who had asked. */
const fakeReason =
  /не\s*(?:оставлял|заказывал|обращал|звонил|интересовал)|не\s*дозвон|недозвон|не\s*(?:бер[её]т|отвеча)|спам|фрод|накрут|фейк|неверный номер|spam|fake|fraud|wrong number|no answer|not answering|unreachable|did ?n[o']t (?:ask|call|leave)/iu

/** A lead or call with what signs are looked for in. */
export interface Asked {
  conversion: Pick<
    HistoryRow<'conversions'>,
    'fact' | 'id' | 'at' | 'lead_kind' | 'status' | 'talk' | 'verdict' | 'project'
  >
  /** All ids it is known by. */
  ids: readonly string[]
  /** The client's, E.164; empty when withheld or not named. */
  phone: string
  /** Whether that phone is on the site's list: the company's own, staff, or known for spam. */
  isBlocked: boolean
  names: readonly string[]
  /** The visit it came from. */
  session: HistoryRow<'sessions'> | undefined
  /** Whether a browser sent it as a form: what a server says of a form that was sent elsewhere shows no activity. */
  byBrowser: boolean
  /** Whether a visit could be known: of a call to a static number none can. */
  isTracked: boolean
  /** When the number that was called was given to the visit. */
  issued_at: number | undefined
  /** Where it came from, when that is paid for: `source / medium / campaign`. */
  paid: string
}

export interface DealSeen {
  id: string
  status: string
  reason: string
  created_at: number
  call: string
  lead: string
}

/** The signs that a request shows beside those its person made before it, the oldest first. */
export function ownSigns(asked: Asked, before: readonly Asked[], deals: readonly DealSeen[]): SeenSign[] {
  return [
    ...(asked.conversion.verdict === 'spam' ? [seen('marked_spam', {})] : []),
    ...(asked.isBlocked ? [seen('blocked_number', {})] : []),
    ...spamBefore(asked, before),
    ...shortCalls(asked, before),
    ...instantCall(asked),
    ...noActivity(asked),
    ...noVisit(asked),
    ...duplicateSale(asked, before),
    ...manyProjects(asked, before),
    ...namesDiffer(asked, before),
    ...countryMismatch(asked),
    ...knownClient(asked, deals),
    ...lostAsFake(asked, deals),
  ]
}

function spamBefore(asked: Asked, before: readonly Asked[]): SeenSign[] {
  const spam = before.filter((other) => other.conversion.verdict === 'spam' && samePhone(asked, other))
  return spam.length === 0 ? [] : [seen('spam_before', { requests: spam.length, ids: idsOf(spam) })]
}

function shortCalls(asked: Asked, before: readonly Asked[]): SeenSign[] {
  const isShort = ({ conversion }: Asked) =>
    conversion.fact === 'call' && conversion.status === 'answered' && conversion.talk < SHORT_TALK_S
  if (!isShort(asked)) return []
  const from_ms = asked.conversion.at - SHORT_CALLS_WITHIN_MS
  const series = before.filter((other) => isShort(other) && samePhone(asked, other) && other.conversion.at >= from_ms)
  if (series.length + 1 < SHORT_CALLS_MIN) return []
  return [seen('short_calls', { calls: series.length + 1, under_seconds: SHORT_TALK_S, ids: idsOf(series) })]
}

function instantCall({ conversion, issued_at }: Asked): SeenSign[] {
  if (issued_at === undefined) return []
  const after_ms = conversion.at - issued_at
  return Math.abs(after_ms) <= INSTANT_CALL_MAX_MS ? [seen('instant_call', { after_ms })] : []
}

function noActivity({ conversion, session, byBrowser }: Asked): SeenSign[] {
  if (!byBrowser || !session) return []
  const after_ms = conversion.at - session.started_at
  const { pages, engaged_ms } = session
  if (pages > 1 || engaged_ms >= ENGAGED_MIN_MS || after_ms > INSTANT_FORM_MAX_MS) return []
  return [seen('no_activity', { pages, engaged_ms, after_ms })]
}

function noVisit({ session, isTracked }: Asked): SeenSign[] {
  return session || !isTracked ? [] : [seen('no_visit', {})]
}

/** One contact sold twice: paid for once more, to somebody else. */
function duplicateSale(asked: Asked, before: readonly Asked[]): SeenSign[] {
  if (asked.paid === '') return []
  const from_ms = asked.conversion.at - DUPLICATE_SALE_MAX_MS
  const other = before.filter(({ paid, conversion }) => paid !== '' && paid !== asked.paid && conversion.at >= from_ms)
  const last = other.at(-1)
  if (!last) return []
  const days = Math.floor((asked.conversion.at - last.conversion.at) / DAY_MS)
  return [seen('duplicate_sale', { source: last.paid, days, ids: idsOf(other) })]
}

function manyProjects(asked: Asked, before: readonly Asked[]): SeenSign[] {
  const from_ms = asked.conversion.at - PROJECTS_WITHIN_MS
  const near = [...before.filter(({ conversion }) => conversion.at >= from_ms), asked]
  const projects = [...new Set(near.map(({ conversion }) => conversion.project).filter(Boolean))].sort()
  if (asked.conversion.project === '' || projects.length < PROJECTS_MIN) return []
  return [seen('many_projects', { projects: projects.slice(0, IDS_MAX) })]
}

/** «Иван» and «Иван Петров» are one; names that share no word are two. */
function namesDiffer(asked: Asked, before: readonly Asked[]): SeenSign[] {
  if (asked.phone === '' || asked.names.length === 0) return []
  const written = [asked, ...before.filter((other) => samePhone(asked, other))].flatMap(({ names }) => names)
  const groups: Set<string>[] = []
  for (const words of written.map(wordsOf)) {
    if (words.size === 0) continue
    const met = groups.filter((group) => [...words].some((word) => group.has(word)))
    for (const group of met) for (const word of group) words.add(word)
    groups.splice(0, groups.length, ...groups.filter((group) => !met.includes(group)), words)
  }
  return groups.length < NAMES_MIN ? [] : [seen('names_differ', { names: groups.length })]
}

function countryMismatch({ phone, session }: Asked): SeenSign[] {
  if (phone === '' || !session || isPhoneOf(phone, session.country)) return []
  return [seen('country_mismatch', { country: session.country })]
}

function knownClient({ session, paid }: Asked, deals: readonly DealSeen[]): SeenSign[] {
  if (paid === '' || !session) return []
  const before = deals
    .filter(({ created_at }) => created_at < session.started_at - KNOWN_BEFORE_MIN_MS)
    .sort((a, b) => a.created_at - b.created_at || compareText(a.id, b.id))
  return before.length === 0
    ? []
    : [seen('known_client', { deals: before.length, ids: before.map(({ id }) => id).slice(0, IDS_MAX) })]
}

function lostAsFake({ conversion, ids }: Asked, deals: readonly DealSeen[]): SeenSign[] {
  const names = (deal: DealSeen) =>
    conversion.fact === 'call' ? deal.call === conversion.id : deal.lead !== '' && ids.includes(deal.lead)
  const lost = deals.filter((deal) => deal.status === 'lost' && names(deal) && fakeReason.test(deal.reason))
  return lost.length === 0 ? [] : [seen('lost_as_fake', { deals: lost.map(({ id }) => id).slice(0, IDS_MAX) })]
}

function wordsOf(name: string): Set<string> {
  return new Set(
    name
      .toLowerCase()
      .replaceAll('ё', 'е')
      .match(/\p{L}{2,}/gu) ?? [],
  )
}

function samePhone(a: Asked, b: Asked): boolean {
  return a.phone !== '' && a.phone === b.phone
}

function idsOf(asked: readonly Asked[]): string[] {
  return asked.map(({ conversion }) => conversion.id).slice(-IDS_MAX)
}
