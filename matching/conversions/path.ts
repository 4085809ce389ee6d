import type { HistoryRow } from '../history/history-tables.ts'
import { compareText } from '../receipt.ts'

/**
 * Touches kept of one path: the first, and the newest. A person with thousands of visits and of requests (a test bench, a
 * hub that is not recognised yet) would be millions of rows, and they are read and compared together.
 */
const TOUCHES_MAX = 100

type Touchpoint = HistoryRow<'touchpoints'>

/** What a touch says of itself, before it is a step of a path. */
export type Touch = Pick<
  Touchpoint,
  | 'at'
  | 'session'
  | 'call'
  | 'channel'
  | 'source'
  | 'medium'
  | 'campaign'
  | 'content'
  | 'term'
  | 'landing_path'
  | 'referrer_host'
  | 'device'
  | 'browser'
  | 'os'
  | 'country'
  | 'region'
  | 'city'
>

/** All touches of a person: visits, and calls to numbers whose source is stated. */
export function touchesOf(
  sessions: readonly HistoryRow<'sessions'>[],
  calls: readonly HistoryRow<'call_matches'>[],
): Touch[] {
  return [...sessions.map(touchOfSession), ...calls.flatMap((call) => touchOfCall(call) ?? [])]
}

function touchOfSession(session: HistoryRow<'sessions'>): Touch {
  const { channel, source, medium, campaign, content, term, landing_path, referrer_host } = session
  const { id, started_at, device, browser, os, country, region, city } = session
  return {
    ...{ at: started_at, session: id, call: '', channel, source, medium, campaign, content, term },
    ...{ landing_path, referrer_host, device, browser, os, country, region, city },
  }
}

/** A call to a static number whose source is stated, where no session is known: an offline touch. */
function touchOfCall(match: HistoryRow<'call_matches'>): Touch | undefined {
  if (match.reason !== 'static_number' || match.source === '' || match.session !== '') return undefined
  const { id, at, channel, source, medium, campaign } = match
  return { ...nothing, at, call: id, channel, source, medium, campaign }
}

/** How far the clock of a CRM may be behind the tracker's: a deal that is older than the visit it names did not come from it. */
const DEAL_EARLY_MAX_MS = 3_600_000

/** The steps that led to a conversion: what happened until then, and the session it came from, first step first. */
export function pathTo(conversion: HistoryRow<'conversions'>, touches: readonly Touch[]): Touch[] {
  const late_max_ms = conversion.kind === 'deal' ? DEAL_EARLY_MAX_MS : Number.POSITIVE_INFINITY
  const isSource = ({ at, session }: Touch) =>
    session !== '' && session === conversion.session && at - conversion.at <= late_max_ms
  const path = touches
    .filter((touch) => touch.at <= conversion.at || isSource(touch))
    .toSorted((a, b) => a.at - b.at || compareText(a.session, b.session) || compareText(a.call, b.call))
  return path.length > TOUCHES_MAX ? [...path.slice(0, 1), ...path.slice(1 - TOUCHES_MAX)] : path
}

/** One row a step, and the row of position 0 that takes the credit no touch can be given. */
export function touchpointsOf(conversion: HistoryRow<'conversions'>, path: readonly Touch[]): Touchpoint[] {
  const {
    site,
    kind,
    fact,
    id,
    at,
    visitor: _visitor,
    session: _session,
    talk: _talk,
    touches: _touches,
    also: _also,
    same: _same,
    message: _message,
    verdict: _verdict,
    target_auto: _target_auto,
    uncredited: _uncredited,
    fraud_signs: _fraud_signs,
    fraud_keys: _fraud_keys,
    ...said
  } = conversion
  const about = { site, conversion_kind: kind, conversion_fact: fact, conversion: id, conversion_at: at, ...said }
  const rest = { ...nothing, at, channel: 'uncredited', source: '(none)', medium: '(none)' }
  return [
    { ...rest, ...about, position: 0, length: 0 },
    ...path.map((touch, index) => ({ ...touch, ...about, position: index + 1, length: path.length })),
  ]
}

const nothing: Touch = {
  ...{ at: 0, session: '', call: '', channel: '', source: '', medium: '', campaign: '', content: '', term: '' },
  ...{ landing_path: '', referrer_host: '', device: '', browser: '', os: '', country: '', region: '', city: '' },
}
