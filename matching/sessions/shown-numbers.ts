import type { ShownNumber } from '../calls/read-leases.ts'
import type { SessionPiece } from './cut-sessions.ts'

/** Leases this far from a session are not its own: a sender used the id twice. */
export const LEASE_DISTANCE_MAX_MS = 86_400_000

/** The numbers shown in each piece of one sender's session: a lease that outlives a cut belongs to both sides of it. */
export function numbersOfPieces(
  pieces: readonly SessionPiece[],
  shown: readonly ShownNumber[],
): { numbers: string[]; pool: string }[] {
  const near = shown.filter(({ from_ms }) => from_ms >= (pieces[0]?.started_at ?? 0) - LEASE_DISTANCE_MAX_MS)
  return pieces.map((piece, index) => {
    const ends_ms = pieces[index + 1]?.started_at ?? piece.ended_at + LEASE_DISTANCE_MAX_MS
    const own = near.filter(({ from_ms, to_ms }) => from_ms < ends_ms && (index === 0 || to_ms >= piece.started_at))
    return { numbers: [...new Set(own.map((lease) => lease.number))], pool: own[0]?.pool ?? '' }
  })
}
