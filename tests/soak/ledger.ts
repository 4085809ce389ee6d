/** Tables whose rows the ledger counts. */
export type Counted = 'events' | 'calls' | 'leads' | 'deals' | 'costs'

interface Sends {
  sent: number
  accepted: number
}

/** What was sent and what was answered 2xx, fact by fact: the truth that the service is held against. */
export interface Ledger {
  sent(table: Counted, facts: readonly string[]): void
  accepted(table: Counted, facts: readonly string[]): void
  /** Facts that were accepted at least once. */
  readonly acceptedFacts: number
  /** Compares with how often each fact stands in the table; says what is wrong. */
  compare(table: Counted, copies: ReadonlyMap<string, number>): Comparison
}

export interface Comparison {
  right: number
  missing: string[]
  doubled: string[]
  unknown: string[]
}

export function openLedger(): Ledger {
  const tables = new Map<Counted, Map<string, Sends>>()
  let acceptedFacts = 0
  const of = (table: Counted) => {
    const known = tables.get(table) ?? new Map<string, Sends>()
    tables.set(table, known)
    return known
  }
  return {
    get acceptedFacts() {
      return acceptedFacts
    },
    sent(table, facts) {
      const known = of(table)
      for (const fact of facts) {
        const sends = known.get(fact)
        if (sends) sends.sent++
        else known.set(fact, { sent: 1, accepted: 0 })
      }
    },
    accepted(table, facts) {
      const known = of(table)
      for (const fact of facts) {
        const sends = known.get(fact)
        if (!sends) throw new Error('Accepted before it was sent.')
        if (sends.accepted++ === 0) acceptedFacts++
      }
    },
    compare(table, copies) {
      const known = of(table)
      const found: Comparison = { right: 0, missing: [], doubled: [], unknown: [] }
      for (const fact of copies.keys()) if (!known.has(fact)) found.unknown.push(fact)
      for (const [fact, { sent, accepted }] of known) {
        const count = copies.get(fact) ?? 0
        // Events are known by their id however often they are sent; of the others each message is a row.
        const [least, most] = table === 'events' ? [Math.min(1, accepted), 1] : [accepted, sent]
        if (count < least) found.missing.push(fact)
        else if (count > most) found.doubled.push(fact)
        else if (accepted > 0) found.right++
      }
      return found
    },
  }
}
