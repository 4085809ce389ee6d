import { Counter, Gauge, type Registry } from 'prom-client'
import type { Clock } from '#shell/clock.ts'
import type { Store } from '#storage/client.ts'
import { type FactTable, factTableNames } from '#storage/fact-tables.ts'
import { countQuarantine } from './quarantine-rows.ts'

/** How many refused rows wait, for metrics and the status page. */
export interface QuarantineWatch {
  /** By table; what was last known while ClickHouse is away, undefined before it was ever asked. */
  waiting(): Promise<ReadonlyMap<FactTable, number> | undefined>
  /** Counts rows that were replayed, and looks again at once. */
  replayed(rows: number): void
}

/** A look is a scan of a small table; those who ask often share it. */
const LOOK_EVERY_MS = 10_000
/** Who asks does not wait for a ClickHouse that says nothing: less than a service waits for the figures of its workers. */
const LOOK_WAIT_MS = 500
/** A look in vain stands so long: while ClickHouse says nothing, not everybody who asks is to wait for it. */
const LOOK_AGAIN_MS = 2_000

export function watchQuarantine(options: {
  store: () => Store | undefined
  now: Clock
  metrics: Registry
}): QuarantineWatch {
  const { store, now, metrics } = options
  let known: ReadonlyMap<FactTable, number> | undefined
  let looked_ms = Number.NEGATIVE_INFINITY
  let looking: Promise<void> | undefined

  async function look(): Promise<void> {
    try {
      const from = store()
      if (!from) return
      looked_ms = now() - LOOK_EVERY_MS + LOOK_AGAIN_MS
      known = await countQuarantine(within(from))
      looked_ms = now()
    } catch {
      // ClickHouse is away, or has no tables yet: what was last seen stands.
    } finally {
      looking = undefined
    }
  }
  async function waiting(): Promise<ReadonlyMap<FactTable, number> | undefined> {
    if (looking || Math.abs(now() - looked_ms) > LOOK_EVERY_MS) {
      looking ??= look()
      await looking
    }
    return known
  }
  new Gauge({
    name: 'throughline_quarantine_rows',
    help: 'Rows that ClickHouse refused and nobody has replayed yet.',
    labelNames: ['table'],
    // Every process of a service sees the same table.
    aggregator: 'max',
    registers: [metrics],
    async collect() {
      const found = await waiting()
      for (const table of found ? factTableNames : []) this.set({ table }, found?.get(table) ?? 0)
    },
  })
  const replays = new Counter({
    name: 'throughline_quarantine_replayed_total',
    help: 'Refused rows that went into the log again.',
    registers: [metrics],
  })
  return {
    waiting,
    replayed(rows) {
      replays.inc(rows)
      looked_ms = Number.NEGATIVE_INFINITY
    },
  }
}

function within(store: Store): Pick<Store, 'query'> {
  return { query: (sql, params) => store.query(sql, params, { signal: AbortSignal.timeout(LOOK_WAIT_MS) }) }
}
