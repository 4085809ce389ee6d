import { Counter, Gauge, type Registry } from 'prom-client'

export type LeaseResult = 'taken' | 'returned' | 'static' | 'exhausted' | 'address_limit'

/** Counts how sessions fared that wanted a number. */
export function countLeases(registry: Registry, running: () => number): (result: LeaseResult) => void {
  const results = new Counter({
    name: 'throughline_numbers_total',
    help: 'Numbers given to sessions, and numbers missed, by result.',
    labelNames: ['result'],
    registers: [registry],
  })
  new Gauge({
    name: 'throughline_numbers_leased',
    help: 'Numbers of dynamic pools that are leased now.',
    registers: [registry],
    collect() {
      this.set(running())
    },
  })
  for (const result of ['taken', 'returned', 'static', 'exhausted', 'address_limit']) results.inc({ result }, 0)
  return (result) => results.inc({ result })
}

/** Counts lines of the journal that were spoilt on the disk. */
export function countSpoiltLines(metrics: Registry): (lines: number) => void {
  const spoilt = new Counter({
    name: 'throughline_lease_journal_spoilt_total',
    help: 'Lines of the lease journal that were spoilt on the disk.',
    registers: [metrics],
  })
  return (lines) => spoilt.inc(lines)
}
