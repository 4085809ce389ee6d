import { sessionKey, visitorKey } from '../sessions/session-index.ts'

/** What new facts of one site may have changed, named so that it can be read anew. */
export interface Touched {
  /** Events to be cut again, by `sessionKey` or `visitorKey`, with the visitors their new events name. */
  sessions: Map<string, SenderSession>
  /** For each number the time within which its leases changed. */
  leased: Map<string, { from_ms: number; to_ms: number }>
  calls: Set<string>
  leads: Set<string>
  deals: Set<string>
}

export interface SenderSession {
  /** Empty: cut by visitor. */
  session: string
  visitors: Set<string>
}

export function nothingTouched(): Touched {
  return { sessions: new Map(), leased: new Map(), calls: new Set(), leads: new Set(), deals: new Set() }
}

export function touchSession(touched: Touched, session: string, visitor: string): void {
  const key = session === '' ? visitorKey(visitor) : sessionKey(session)
  const known = touched.sessions.get(key)
  if (known) known.visitors.add(visitor)
  else touched.sessions.set(key, { session, visitors: new Set([visitor]) })
}

export function touchLease(
  touched: Touched,
  lease: { number: string; visitor: string; session: string; from_ms: number; to_ms: number },
): void {
  if (lease.number === '' || lease.session === '') return
  touchSession(touched, lease.session, lease.visitor)
  const known = touched.leased.get(lease.number)
  touched.leased.set(lease.number, {
    from_ms: Math.min(lease.from_ms, known?.from_ms ?? lease.from_ms),
    to_ms: Math.max(lease.to_ms, known?.to_ms ?? lease.to_ms),
  })
}
