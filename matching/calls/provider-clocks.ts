import type { History } from '../history/history.ts'
import { type HistoryRow, sameRow } from '../history/history-tables.ts'
import { compareText } from '../receipt.ts'
import { holds } from '../rules.ts'
import { type ClockEvidence, type ProviderClock, unknownClock } from './clock-evidence.ts'
import {
  AROUND,
  beginOf,
  type ClockPeriod,
  keyOf,
  Measuring,
  neighbours,
  PERIOD_MS,
  type PeriodSum,
  periodOf,
  weekOf,
} from './measure-clocks.ts'

/** Of the calls that say something of the clock the first ones of each hour are looked at: more say no more. */
const HOUR_CALLS_MAX = 3
const HOUR_MS = 3_600_000

/** Periods whose calls are kept in memory: all that two clocks are measured by. */
const SUMS_MAX = 2 * (4 * AROUND + 1)

export type EvidenceRow = HistoryRow<'call_clocks'>
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
export type ClockRows = Pick<History, 'callClocks' | 'clockEvidence' | 'clockPeriods' | 'doubtfulPeriods'>

/** The clocks of a site's phone providers, as its calls show them. */
export class ProviderClocks {
  /** By period, from the earliest moment on. */
  readonly #rows = new Map<string, ClockRow[]>()
  /** Undefined: no call of the period says anything. Read from the table when asked for. */
  readonly #sums = new Map<string, PeriodSum | undefined>()
  /** All periods with doubtful calls, and maybe some that had them. Undefined: to be read. */
  #doubtful: Set<string> | undefined

  /** The clock that a call was dated by. */
  of({ provider, at }: { provider: string; at: number }): ProviderClock {
    if (!holds('clocks')) return unknownClock
    const rows = this.#rows.get(keyOf({ provider, period: periodOf(at) })) ?? []
    return rows.findLast((row) => beginOf(row) <= at) ?? unknownClock
  }

  load(rows: Iterable<ClockRow>): void {
    for (const row of rows) {
      const key = keyOf(weekOf(row))
      const known = (this.#rows.get(key) ?? []).filter(({ period }) => period !== row.period)
      this.#rows.set(
        key,
        [...known, row].sort((a, b) => beginOf(a) - beginOf(b)),
      )
    }
  }

  /** By how many quarter hours some clocks are ahead. */
  shifts(): Set<number> {
    const all = [...this.#rows.values()].flat().map(({ shift_ms }) => shift_ms)
    return new Set(all.filter((shift_ms) => shift_ms !== 0))
  }

  /** Whether calls between these moments, by the clocks of their providers, may be doubtful. */
  async mayDoubt(
    { history, site }: { history: Pick<ClockRows, 'doubtfulPeriods'>; site: string },
    { from_ms, to_ms }: { from_ms: number; to_ms: number },
  ): Promise<boolean> {
    this.#doubtful ??= new Set(await history.doubtfulPeriods(site, DOUBTFUL_KEY))
    if (this.#doubtful.size === 0) return false
    return [...this.#doubtful].some((period) => {
      const begin_ms = Date.parse(period)
      return begin_ms <= to_ms && begin_ms + PERIOD_MS > from_ms
    })
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
    if (this.#doubtful) for (const row of wanted) if (isOfDoubtful(row)) this.#doubtful.add(row.period)
    const touched = new Map<string, ClockPeriod>()
    for (const [id, row] of calls) {
      const old = before.get(id)
      if (old && row && sameRow('call_clocks', old, row)) continue
      for (const one of [old, row]) if (one) touched.set(keyOf(one), one)
    }
    if (again === 'all') {
      this.#sums.clear()
      for (const row of [...this.#rows.values()].flat().map(weekOf)) touched.set(keyOf(row), row)
      for (const row of [...wanted, ...(await history.clockPeriods(site))]) touched.set(keyOf(row), row)
    }
    for (const key of touched.keys()) this.#sums.delete(key)
    await this.#readAround(history, site, touched.values(), { current, calls })
    const { moved, ...clocks } = this.#estimate(site, touched.values())
    for (const key of this.#sums.keys()) {
      if (this.#sums.size <= SUMS_MAX) break
      this.#sums.delete(key)
    }
    return { changes: { evidence: { current, wanted }, clocks }, moved }
  }

  /** The neighbours of these periods, and theirs: what a clock is measured by. */
  async #readAround(history: ClockRows, site: string, periods: Iterable<ClockPeriod>, better: Better): Promise<void> {
    const missing = new Map<string, ClockPeriod>()
    for (const one of periods) {
      for (const near of neighbours(one, 2 * AROUND)) if (!this.#sums.has(keyOf(near))) missing.set(keyOf(near), near)
    }
    for (const [key, sum] of await readSums(history, site, [...missing.values()], better)) this.#sums.set(key, sum)
  }

  /** Measures the clocks anew that these periods are part of. */
  #estimate(site: string, touched: Iterable<ClockPeriod>): Rows<ClockRow> & { moved: ClockPeriod[] } {
    const around = new Map<string, ClockPeriod>()
    for (const one of touched) for (const near of neighbours(one, AROUND)) around.set(keyOf(near), near)
    const rows: Rows<ClockRow> & { moved: ClockPeriod[] } = { current: [], wanted: [], moved: [] }
    const measuring = new Measuring(this.#sums)
    for (const [key, one] of around) {
      const old = this.#rows.get(key) ?? []
      const now = measuring.clocksOf(one).map((clock): ClockRow => ({ site, provider: one.provider, ...clock }))
      for (const row of old) rows.current.push(row)
      for (const row of now) rows.wanted.push(row)
      if (now.length > 0) this.#rows.set(key, now)
      else this.#rows.delete(key)
      if (settingOf(old) !== settingOf(now)) rows.moved.push(one)
    }
    return rows
  }
}

/** What calls are dated by. */
function settingOf(rows: readonly ClockRow[]): string {
  const [first = { ...unknownClock, period: '' }, ...more] = rows
  const { shift_ms, skew_ms, jitter_ms } = first
  return JSON.stringify([
    [shift_ms, skew_ms, jitter_ms],
    ...more.map((row) => [row.period, row.shift_ms, row.skew_ms, row.jitter_ms]),
  ])
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

/** Calls that are known better than the table does, and their rows in it. */
interface Better {
  current: readonly EvidenceRow[]
  calls: ReadonlyMap<string, EvidenceRow | undefined>
}

/** What the first calls of each hour of these periods say: those in the table, except where it is known better. */
async function readSums(
  history: ClockRows,
  site: string,
  periods: readonly ClockPeriod[],
  { current, calls: better }: Better,
): Promise<Map<string, PeriodSum | undefined>> {
  const sums = new Map<string, PeriodSum | undefined>(periods.map((one) => [keyOf(one), undefined]))
  if (periods.length === 0) return sums
  const stored = await history.clockEvidence(site, periods, HOUR_CALLS_MAX + mostOfAnHour(current))
  const byPeriod = new Map<string, EvidenceRow[]>()
  for (const row of [...stored.filter(({ id }) => !better.has(id)), ...better.values()]) {
    if (!row || !sums.has(keyOf(row))) continue
    const rows = byPeriod.get(keyOf(row))
    if (rows) rows.push(row)
    else byPeriod.set(keyOf(row), [row])
  }
  for (const [key, rows] of byPeriod) {
    const calls = firstOfHours(rows)
    sums.set(key, {
      calls: calls.map(({ id, at, evidence }) => ({ id, at, evidence })),
      isDoubtful: calls.some(isOfDoubtful),
    })
  }
  return sums
}

/** So many rows of an hour may have to be passed over. */
function mostOfAnHour(rows: readonly EvidenceRow[]): number {
  const counts = new Map<string, number>()
  let most = 0
  for (const { provider, at } of rows) {
    const hour = `${provider}\n${Math.floor(at / HOUR_MS)}`
    const count = (counts.get(hour) ?? 0) + 1
    counts.set(hour, count)
    most = Math.max(most, count)
  }
  return most
}

function firstOfHours(rows: EvidenceRow[]): EvidenceRow[] {
  let hour = -1
  let count = 0
  return rows
    .sort((a, b) => a.at - b.at || compareText(a.id, b.id))
    .filter(({ at }) => {
      const of = Math.floor(at / HOUR_MS)
      count = of === hour ? count + 1 : 1
      hour = of
      return count <= HOUR_CALLS_MAX
    })
}

/** Only of a doubtful call is it kept who held the number hours away from it. */
export function isOfDoubtful({ evidence }: Pick<EvidenceRow, 'evidence'>): boolean {
  return evidence.includes(DOUBTFUL_KEY)
}

/** As `JSON.stringify` writes it: nothing else in the row is text. */
const DOUBTFUL_KEY = '"far"'
