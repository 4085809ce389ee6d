import { Counter, type Registry } from 'prom-client'

export const factNames = ['event', 'call', 'lead', 'deal', 'cost', 'lease', 'annotation', 'erasure'] as const
export type FactName = (typeof factNames)[number]

/** Why facts are refused: the label of a metric, so a closed list. */
export const refusalReasons = [
  'unreadable',
  'invalid',
  'too_deep',
  'too_long',
  'too_old',
  'in_future',
  'site_not_found',
  'domain_not_allowed',
  'forbidden',
  'duplicate_key',
] as const
export type RefusalReason = (typeof refusalReasons)[number]

export interface IntakeMetrics {
  accepted(fact: FactName, rows: number): void
  refused(fact: FactName, reason: RefusalReason): void
}

/** Counts what comes in, by kind of fact. */
export function countIntake(registry: Registry): IntakeMetrics {
  const accepted = new Counter({
    name: 'throughline_facts_accepted_total',
    help: 'Facts answered 2xx, repeats included.',
    labelNames: ['fact'],
    registers: [registry],
  })
  const refused = new Counter({
    name: 'throughline_facts_refused_total',
    help: 'Facts that were not taken, by reason.',
    labelNames: ['fact', 'reason'],
    registers: [registry],
  })
  // One counter each: finding it by its label would be done anew for every request.
  const acceptedOf = new Map(factNames.map((fact) => [fact, accepted.labels({ fact })]))
  for (const counter of acceptedOf.values()) counter.inc(0)
  return {
    accepted: (fact, rows) => acceptedOf.get(fact)?.inc(rows),
    refused: (fact, reason) => refused.inc({ fact, reason }),
  }
}
