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
  // Added up here until somebody asks: the counter would look its label up anew for every request.
  const taken = Object.fromEntries(factNames.map((fact) => [fact, 0])) as Record<FactName, number>
  new Counter({
    name: 'throughline_facts_accepted_total',
    help: 'Facts answered 2xx, repeats included.',
    labelNames: ['fact'],
    registers: [registry],
    collect() {
      for (const fact of factNames) {
        this.inc({ fact }, taken[fact])
        taken[fact] = 0
      }
    },
  })
  const refused = new Counter({
    name: 'throughline_facts_refused_total',
    help: 'Facts that were not taken, by reason.',
    labelNames: ['fact', 'reason'],
    registers: [registry],
  })
  return {
    accepted(fact, rows) {
      taken[fact] += rows
    },
    refused: (fact, reason) => refused.inc({ fact, reason }),
  }
}
