import type { HistoryRow } from '../history/history-tables.ts'

type Session = HistoryRow<'sessions'>

/** The sessions of one person, and others that facts of the person name, found by the sender's id and by time. */
export interface SessionIndex {
  /** The person's own, bots left out, the oldest first. */
  own: readonly Session[]
  /** The piece of a sender's session that was going on at a moment; the first one for moments before it. */
  at(senderSession: string, at_ms: number): Session | undefined
  /** The piece of a visitor's sessions without an id that was going on at a moment. */
  ofVisitorAt(visitor: string, at_ms: number): Session | undefined
  /** The person's last session begun by then that fits. */
  lastOf(fits: (session: Session) => boolean, at_ms: number): Session | undefined
  /** Whether the sender's session is the person's own. */
  owns(senderSession: string): boolean
}

/** `bySender` gives the pieces of a sender's session (`s\n…`) or of a visitor's own cut (`v\n…`), the first one first. */
export function indexSessions(
  own: readonly Session[],
  bySender: (key: string) => readonly Session[],
  isOwn: (senderSession: string) => boolean,
): SessionIndex {
  const sorted = own
    .filter((session) => session.bot === 0)
    .toSorted((a, b) => a.started_at - b.started_at || (a.id < b.id ? -1 : 1))
  const pieceAt = (key: string, at_ms: number) => {
    const pieces = bySender(key)
    return pieces.findLast((piece) => piece.started_at <= at_ms) ?? pieces[0]
  }
  return {
    own: sorted,
    at: (session, at_ms) => pieceAt(sessionKey(session), at_ms),
    ofVisitorAt: (visitor, at_ms) => pieceAt(visitorKey(visitor), at_ms),
    lastOf: (fits, at_ms) => sorted.findLast((session) => session.started_at <= at_ms && fits(session)),
    owns: isOwn,
  }
}

/** Events of one sender's session are cut together. */
export function sessionKey(session: string): string {
  return `s\n${session}`
}

/** Events without a session are cut by visitor. */
export function visitorKey(visitor: string): string {
  return `v\n${visitor}`
}
