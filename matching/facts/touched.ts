import { sessionKey, visitorKey } from '../sessions/session-index.ts'

/** What new facts of one site may have changed, named so that it can be read anew. */
export interface Touched {
  /** Events to be cut again, by `sessionKey` or `visitorKey`, with the visitors their new events name. */
  sessions: Map<string, SenderSession>
  /** For each number between which moments the leases that changed began. */
  leased: Map<string, Moments>
  /** For each sender's session between which moments links to phones were clicked. */
  clicked: Map<string, Moments>
  /** Providers' clocks, as `provider\nperiod`, by which calls may not have been dated yet. */
  clocks: Set<string>
  /** What a step had begun, or what was removed, is in it: what is known by heart may not be true. */
  isAgain: boolean
  calls: Set<string>
  leads: Set<string>
  deals: Set<string>
}

export interface Moments {
  first_ms: number
  last_ms: number
}

export interface SenderSession {
  /** Empty: cut by visitor. */
  session: string
  visitors: Set<string>
}

export function nothingTouched(): Touched {
  return {
    ...{ sessions: new Map(), leased: new Map(), clicked: new Map(), clocks: new Set(), isAgain: false },
    ...{ calls: new Set(), leads: new Set(), deals: new Set() },
  }
}

/** Adds what is to be looked at again. */
export function touchAlso(touched: Touched, more: Touched): void {
  touched.isAgain = true
  for (const { session, visitors } of more.sessions.values()) {
    for (const visitor of visitors) touchSession(touched, session, visitor)
    if (visitors.size === 0 && !touched.sessions.has(sessionKey(session))) {
      touched.sessions.set(sessionKey(session), { session, visitors: new Set() })
    }
  }
  for (const kind of ['clocks', 'calls', 'leads', 'deals'] as const) for (const id of more[kind]) touched[kind].add(id)
}

export function touchSession(touched: Touched, session: string, visitor: string): void {
  const key = session === '' ? visitorKey(visitor) : sessionKey(session)
  const known = touched.sessions.get(key)
  if (known) known.visitors.add(visitor)
  else touched.sessions.set(key, { session, visitors: new Set([visitor]) })
}

export function touchLease(
  touched: Touched,
  lease: { number: string; visitor: string; session: string; from_ms: number },
): void {
  if (lease.number === '' || lease.session === '') return
  touchSession(touched, lease.session, lease.visitor)
  widen(touched.leased, lease.number, lease.from_ms)
}

/** Takes a moment into the range of a key. */
export function widen(ranges: Map<string, Moments>, key: string, at_ms: number): void {
  const known = ranges.get(key)
  ranges.set(key, {
    first_ms: Math.min(at_ms, known?.first_ms ?? at_ms),
    last_ms: Math.max(at_ms, known?.last_ms ?? at_ms),
  })
}
