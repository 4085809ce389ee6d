import type { Lease } from './lease-row.ts'
import type { Sight } from './pools-for-session.ts'

export interface SessionKey {
  site: string
  visitor: string
  session: string
}

/** The last lease of a number, running or over, with what only the memory needs to know of it. */
export interface Holding extends Lease {
  /** The visitor has shown a second sign of life; until then the lease is short. */
  is_active: boolean
  sight: Sight
  /** Hash of the address that holds it; empty after a restart, until the visitor is heard of again. */
  address: string
  /** Kept for its visitor beyond `to_ms`: nobody could renew while the service was down. */
  kept_until_ms: number
  /** What the log knows of it. */
  logged_seen_ms: number
  logged_at_ms: number
  /** Resolves once the lease is on disk: only then may it be shown. */
  written: Promise<unknown>
}

/** Who holds which number, in memory. One holder a number; a session may hold numbers of several pools. */
export interface Holdings {
  ofNumber(site: string, number: string): Holding | undefined
  ofSession(key: SessionKey): readonly Holding[]
  /** Puts a holding in the place of the number's last one. Returns the way to undo it. */
  give(holding: Holding): () => void
  /** Takes the holdings that are over off their sessions, and returns all others. */
  running(now_ms: number): Holding[]
  all(): Iterable<Holding>
}

export function openHoldings(): Holdings {
  const byNumber = new Map<string, Holding>()
  const bySession = new Map<string, Holding[]>()

  return {
    ofNumber: (site, number) => byNumber.get(numberKey(site, number)),
    ofSession: (key) => bySession.get(sessionKey(key)) ?? [],
    give(holding) {
      const key = numberKey(holding.site, holding.number)
      const last = byNumber.get(key)
      byNumber.set(key, holding)
      if (last) leaveSession(last)
      bySession.set(sessionKey(holding), [...(bySession.get(sessionKey(holding)) ?? []), holding])
      return () => {
        leaveSession(holding)
        if (byNumber.get(key) !== holding) return
        if (last) byNumber.set(key, last)
        else byNumber.delete(key)
      }
    },
    running(now_ms) {
      const held = [...bySession.values()].flat()
      for (const holding of held) if (holding.to_ms <= now_ms) leaveSession(holding)
      return held.filter((holding) => holding.to_ms > now_ms)
    },
    all: () => byNumber.values(),
  }

  function leaveSession(holding: Holding): void {
    const key = sessionKey(holding)
    const rest = (bySession.get(key) ?? []).filter((other) => other !== holding)
    if (rest.length > 0) bySession.set(key, rest)
    else bySession.delete(key)
  }
}

export function numberKey(site: string, number: string): string {
  return `${site}\n${number}`
}

/** With the visitor in it: whoever learns a session id must not renew or release somebody else's numbers. */
export function sessionKey({ site, visitor, session }: SessionKey): string {
  return `${site}\n${visitor}\n${session}`
}
