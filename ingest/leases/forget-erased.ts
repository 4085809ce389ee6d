import type { Clock } from '#shell/clock.ts'
import type { Store } from '#storage/client.ts'
import { openErased } from './erased.ts'
import type { HoldingRecord } from './holding-record.ts'
import type { Holding, Holdings } from './holdings.ts'
import type { Journal } from './journal.ts'

/** Takes people who were erased out of the leases, and out of their journal. */
export interface Forgetting {
  /** Runs by itself; rejects while ClickHouse is away. */
  look(): Promise<void>
  close(): Promise<void>
}

export interface ForgettingOptions {
  holdings: Holdings
  journal: Journal<HoldingRecord>
  /** Undefined, or throwing, while ClickHouse is away. */
  store: () => Store | undefined
  now: Clock
  /** Since when what the journal holds may be. */
  since_ms: () => number
  every_ms?: number | undefined
}

/** Nobody waits for it: an erasure takes minutes until its bytes are gone. */
const LOOK_EVERY_MS = 30_000

/** Looks again and again at who was erased, and makes the journal compact whenever it may hold somebody who was. */
export function openForgetting(options: ForgettingOptions): Forgetting {
  const { holdings, journal, store, now, since_ms, every_ms = LOOK_EVERY_MS } = options
  const readErased = openErased()
  let compared = new WeakSet<Holding>()
  /** Of erased people, and running still. */
  let leaving = new Set<Holding>()
  let version = 0
  let is_journal_stale = false
  let looking: Promise<void> | undefined

  async function lookOnce(): Promise<void> {
    const open = store()
    if (!open) return
    const erased = await readErased(open, since_ms())
    if (erased.version !== version) {
      version = erased.version
      compared = new WeakSet()
      // Their numbers may be somebody else's by now: earlier lines of the journal tell of them all the same.
      is_journal_stale = true
    }
    for (const holding of holdings.all()) {
      if (compared.has(holding)) continue
      compared.add(holding)
      if (erased.has(holding)) leaving.add(holding)
    }
    forgetThoseThatAreOver()
    if (!is_journal_stale) return
    await journal.compact()
    is_journal_stale = false
  }

  function forgetThoseThatAreOver(): void {
    const staying = new Set<Holding>()
    for (const holding of leaving) {
      if (isRunning(holding, now())) {
        staying.add(holding)
        continue
      }
      is_journal_stale = true
      if (isLast(holding)) holdings.give(nobodys(holding))
      // It may come back, when the next lease of the number cannot be written.
      else compared.delete(holding)
    }
    leaving = staying
  }

  /** Another may have the number by now. */
  function isLast(holding: Holding): boolean {
    return holdings.ofNumber(holding.site, holding.number) === holding
  }

  function look(): Promise<void> {
    looking ??= lookOnce().finally(() => {
      looking = undefined
    })
    return looking
  }

  // What fails is tried again; that ClickHouse is away is told elsewhere, and so is a disk that is full.
  const timer = setInterval(() => void look().catch(() => {}), every_ms).unref()
  return {
    look,
    async close() {
      clearInterval(timer)
      await looking?.catch(() => {})
    },
  }
}

/** One whose last words are not written yet runs on. */
function isRunning({ to_ms, kept_until_ms, seen_ms, logged_seen_ms }: Holding, now_ms: number): boolean {
  return Math.max(to_ms, kept_until_ms) > now_ms || seen_ms > logged_seen_ms
}

/** How long the number is idle stays: whom it is given to next depends on it. */
function nobodys(holding: Holding): Holding {
  return {
    ...holding,
    ...{ visitor: '', session: '', address: '', kept_until_ms: 0, is_active: false },
    sight: { source: '', channel: '', landing_url: '' },
  }
}
