/** What is known of a number of a pool when somebody needs one. */
export interface Candidate {
  number: string
  /** Who held it last, or holds it still. */
  visitor: string
  /** When its last lease began; 0 when it never had one. */
  from_ms: number
  /** Until when it is kept for that visitor; 0 when it was never shown. */
  to_ms: number
  /** Hash of the address that holds it; empty when unknown. */
  address: string
}

export type Choice = { number: string; is_own: boolean } | { refused: 'exhausted' | 'address_limit' }

export interface Asker {
  visitor: string
  address: string
  leases_per_address_max: number
}

/**
 * The number a session gets: its visitor's own one, else the free one that has been idle longest. A saved number is
 * dialled for days, and the longest pause before somebody else shows it gives the fewest wrong matches.
 */
export function chooseNumber(candidates: readonly Candidate[], asker: Asker, now_ms: number): Choice {
  let own: Candidate | undefined
  let idle: Candidate | undefined
  let same_address = 0
  for (const candidate of candidates) {
    if (candidate.visitor === asker.visitor) {
      if (!own || candidate.from_ms > own.from_ms) own = candidate
    } else if (candidate.to_ms <= now_ms) {
      if (!idle || candidate.to_ms < idle.to_ms) idle = candidate
    } else if (candidate.address !== '' && candidate.address === asker.address) same_address += 1
  }
  // Checked before the own number too: whoever invents visitors from one address would bring back a number for each.
  if (same_address >= asker.leases_per_address_max) return { refused: 'address_limit' }
  if (own) return { number: own.number, is_own: true }
  return idle ? { number: idle.number, is_own: false } : { refused: 'exhausted' }
}
