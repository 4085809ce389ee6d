import { LRUCache } from 'lru-cache'
import type { History } from '../history/history.ts'
import { type HistoryRow, sameRow } from '../history/history-tables.ts'
import { compareText } from '../receipt.ts'
import { holds } from '../rules.ts'
import {
  addSupport,
  type ClockEvidence,
  estimateClock,
  noSupport,
  type ProviderClock,
  type Support,
  supportOf,
  unknownClock,
} from './clock-evidence.ts'

/** A clock is measured over so many days; it may be set right at any moment. */
const PERIOD_MS = 7 * 86_400_000

/** Calls that say something of the clock are looked at up to this many of a period, the first ones: more say no more. */
const PERIOD_CALLS_MAX = 300

/** With fewer of its own a period takes those of its neighbours as well. */
const CALLS_ENOUGH = 150

/** How many periods away a neighbour may be. */
const NEIGHBOURS_MAX = 12

type EvidenceRow = HistoryRow<'call_clocks'>
type ClockRow = HistoryRow<'provider_clocks'>

interface Rows<Row> {
  current: Row[]
  wanted: Row[]
}

export interface ClockChanges {
  evidence: Rows<EvidenceRow>
  clocks: Rows<ClockRow>
}

/** What of the history the clocks are measured by. */
export type ClockRows = Pick<History, 'callClocks' | 'clockEvidence' | 'clockPeriods'>

/** Of whose clock over which days. */
export interface ClockPeriod {
  provider: string
  period: string
}

/** What the calls of one period say together. */
interface PeriodSum {
  support: Support
  calls: number
}

/** The clocks of a site's phone providers, as its calls show them. */
export class ProviderClocks {
  readonly #rows = new Map<string, ClockRow>()
  /** Undefined: no call of the period says anything. Read from the table when asked for. */
  readonly #sums = new Map<string, PeriodSum | undefined>()

  /** The clock that a call was dated by. */
  of({ provider, at }: { provider: string; at: number }): ProviderClock {
    if (!holds('clocks')) return unknownClock
    return this.#rows.get(keyOf({ provider, period: periodOf(at) })) ?? unknownClock
  }

  load(rows: Iterable<ClockRow>): void {
    for (const row of rows) this.#rows.set(keyOf(row), row)
  }

  /**
   * Takes in what these calls say now; undefined: nothing any more. Returns what is to be written, and the periods whose
   * clock turned out to be another. `all`: rows may have gone from the table, or been written by a step that was broken off.
   */
  async update(
    { history, site }: { history: ClockRows; site: string },
    calls: ReadonlyMap<string, EvidenceRow | undefined>,
    again: 'changed' | 'all',
  ): Promise<{ changes: ClockChanges; moved: ClockPeriod[] }> {
    const current = await history.callClocks(site, [...calls.keys()])
    const before = new Map(current.map((row) => [row.id, row]))
    const wanted = [...calls.values()].filter((row) => row !== undefined)
    const touched = new Map<string, ClockPeriod>()
    for (const [id, row] of calls) {
      const old = before.get(id)
      if (old && row && sameRow('call_clocks', old, row)) continue
      for (const one of [old, row]) if (one) touched.set(keyOf(one), one)
    }
    if (again === 'all') {
      this.#sums.clear()
      for (const row of [...this.#rows.values(), ...wanted, ...(await history.clockPeriods(site))])
        touched.set(keyOf(row), row)
    }
    for (const key of touched.keys()) this.#sums.delete(key)
    await this.#readAround(history, site, touched.values(), calls)
    const { moved, ...clocks } = this.#estimate(site, touched.values())
    return { changes: { evidence: { current, wanted }, clocks }, moved }
  }

  /** The neighbours of these periods, and theirs: what a clock is measured by. */
  async #readAround(
    history: ClockRows,
    site: string,
    periods: Iterable<ClockPeriod>,
    better: ReadonlyMap<string, EvidenceRow | undefined>,
  ): Promise<void> {
    const missing = new Map<string, ClockPeriod>()
    for (const one of periods) {
      for (const near of neighbours(one, 2 * NEIGHBOURS_MAX))
        if (!this.#sums.has(keyOf(near))) missing.set(keyOf(near), near)
    }
    for (const [key, sum] of await readSums(history, site, [...missing.values()], better)) this.#sums.set(key, sum)
  }

  /** Measures the clocks anew that these periods are part of. */
  #estimate(site: string, touched: Iterable<ClockPeriod>): Rows<ClockRow> & { moved: ClockPeriod[] } {
    const around = new Map<string, ClockPeriod>()
    for (const one of touched) for (const near of neighbours(one, NEIGHBOURS_MAX)) around.set(keyOf(near), near)
    const rows: Rows<ClockRow> & { moved: ClockPeriod[] } = { current: [], wanted: [], moved: [] }
    for (const [key, one] of around) {
      const old = this.#rows.get(key)
      const clock = this.#measure(one)
      const row = clock && { site, provider: one.provider, period: one.period, ...clock }
      if (old) rows.current.push(old)
      if (row) {
        rows.wanted.push(row)
        this.#rows.set(key, row)
      } else this.#rows.delete(key)
      const [was, is] = [old ?? unknownClock, row ?? unknownClock]
      if (was.skew_ms !== is.skew_ms || was.jitter_ms !== is.jitter_ms) rows.moved.push(one)
    }
    return rows
  }

  /** By the period's own calls, and as many of its neighbours' as it takes. */
  #measure(one: ClockPeriod): ProviderClock | undefined {
    if (!this.#sums.get(keyOf(one))) return undefined
    const support = noSupport()
    let calls = 0
    for (let distance = 0; distance <= NEIGHBOURS_MAX && calls < CALLS_ENOUGH; distance++) {
      for (const away of distance === 0 ? [0] : [-distance, distance]) {
        const sum = this.#sums.get(keyOf(neighbour(one, away)))
        if (!sum) continue
        addSupport(support, sum.support)
        calls += sum.calls
      }
    }
    return estimateClock(support, calls)
  }
}

/** The row that keeps what a call says of its provider's clock. */
export function evidenceRow(
  call: { site: string; id: string; at: number; provider: string },
  evidence: ClockEvidence | undefined,
): EvidenceRow | undefined {
  const { site, id, at, provider } = call
  return evidence && { site, id, at, provider, period: periodOf(at), evidence: JSON.stringify(evidence) }
}

/** The clock that a key in `Touched` means. */
export function clockPeriod(key: string): ClockPeriod {
  const cut = key.lastIndexOf('\n')
  return { provider: key.slice(0, cut), period: key.slice(cut + 1) }
}

/** From when to when the calls of a period rang, by the provider's clock; the end excluded. */
export function momentsOf({ period }: ClockPeriod): { from_ms: number; to_ms: number } {
  const from_ms = Date.parse(period)
  return { from_ms, to_ms: from_ms + PERIOD_MS }
}

/** The first day of the period that a moment lies in. */
function periodOf(at_ms: number): string {
  return new Date(Math.floor(at_ms / PERIOD_MS) * PERIOD_MS).toISOString().slice(0, 10)
}

function neighbour({ provider, period }: ClockPeriod, away: number): ClockPeriod {
  return { provider, period: periodOf(Date.parse(period) + away * PERIOD_MS) }
}

function neighbours(one: ClockPeriod, away_max: number): ClockPeriod[] {
  return Array.from({ length: 2 * away_max + 1 }, (_, index) => neighbour(one, index - away_max))
}

function keyOf({ provider, period }: ClockPeriod): string {
  return `${provider}\n${period}`
}

/** Adds up what the first calls of each period say: those in the table, except where it is known better. */
async function readSums(
  history: ClockRows,
  site: string,
  periods: readonly ClockPeriod[],
  better: ReadonlyMap<string, EvidenceRow | undefined>,
): Promise<Map<string, PeriodSum | undefined>> {
  const sums = new Map<string, PeriodSum | undefined>(periods.map((one) => [keyOf(one), undefined]))
  if (periods.length === 0) return sums
  const stored = await history.clockEvidence(site, periods, PERIOD_CALLS_MAX + better.size)
  const byPeriod = new Map<string, EvidenceRow[]>()
  for (const row of [...stored.filter(({ id }) => !better.has(id)), ...better.values()]) {
    if (!row || !sums.has(keyOf(row))) continue
    const rows = byPeriod.get(keyOf(row))
    if (rows) rows.push(row)
    else byPeriod.set(keyOf(row), [row])
  }
  for (const [key, rows] of byPeriod) {
    const first = rows.sort((a, b) => a.at - b.at || compareText(a.id, b.id)).slice(0, PERIOD_CALLS_MAX)
    const sum = { support: noSupport(), calls: first.length }
    for (const { evidence } of first) addSupport(sum.support, knownSupport(evidence))
    sums.set(key, sum)
  }
  return sums
}

const supports = new LRUCache<string, Support>({ max: 5_000 })

/** Worked out once: the calls of a period are added up again with every new one. */
function knownSupport(evidence: string): Support {
  let support = supports.get(evidence)
  if (!support) {
    // The table holds only what evidenceRow wrote.
    support = supportOf(JSON.parse(evidence) as ClockEvidence)
    supports.set(evidence, support)
  }
  return support
}
