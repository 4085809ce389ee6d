import { LRUCache } from 'lru-cache'
import type { HistoryRow } from '../history/history-tables.ts'
import { shifted } from './call-evidence.ts'
import { addSupport, type ClockEvidence, estimateClock, noSupport, type Support, supportOf } from './clock-evidence.ts'
import { type DatedVote, neverShifted, type ShiftPiece, type ShiftVote, shiftsOf, voteOf } from './clock-shift.ts'

/** A clock is measured over so many days; it may be set right at any moment. */
export const PERIOD_MS = 7 * 86_400_000

/** With fewer of its own a period takes those of its neighbours as well. */
const CALLS_ENOUGH = 150

/** How many periods away a neighbour may be. */
const NEIGHBOURS_MAX = 12

/** So many periods on either side are looked at for how the clock was set: by whole quarter hours it changes at once. */
const SHIFT_NEIGHBOURS = 2

/** What a period says may matter for the clocks of so many around it. */
export const AROUND = NEIGHBOURS_MAX + SHIFT_NEIGHBOURS

type ClockRow = HistoryRow<'provider_clocks'>

/** Of whose clock over which days. */
export interface ClockPeriod {
  provider: string
  period: string
}

/** What the calls of one period say. */
export interface PeriodSum {
  calls: PeriodCall[]
  isDoubtful: boolean
}

interface PeriodCall {
  id: string
  at: number
  evidence: string
}

/** Measures clocks by what calls say; what several periods ask for is worked out once. */
export class Measuring {
  readonly #sums: ReadonlyMap<string, PeriodSum | undefined>
  readonly #shifts = new Map<string, readonly ShiftPiece[]>()
  readonly #supports = new Map<string, { support: Support; calls: number }>()

  constructor(sums: ReadonlyMap<string, PeriodSum | undefined>) {
    this.#sums = sums
  }

  /** By the period's own calls, and as many of its neighbours' as it takes; one for each time the clock was set. */
  clocksOf(one: ClockPeriod): Omit<ClockRow, 'site' | 'provider'>[] {
    if (!this.#sums.get(keyOf(one))) return []
    const support = noSupport()
    let calls = 0
    for (let distance = 0; distance <= NEIGHBOURS_MAX && calls < CALLS_ENOUGH; distance++) {
      for (const away of distance === 0 ? [0] : [-distance, distance]) {
        const near = this.#supportOf(neighbour(one, away))
        if (!near) continue
        addSupport(support, near.support)
        calls += near.calls
      }
    }
    const clock = estimateClock(support, calls)
    const { from_ms, to_ms } = momentsOf(one)
    const within = this.#shiftsOf(one).filter(
      (piece, index, all) => piece.from_ms < to_ms && (all[index + 1]?.from_ms ?? Infinity) > from_ms,
    )
    return within.map(({ from_ms: begun_ms, shift_ms, agreeing, told }) => {
      const period = begun_ms <= from_ms ? one.period : new Date(begun_ms).toISOString()
      return { ...clock, period, shift_ms, agreeing, told }
    })
  }

  /** What the calls of a period say together of the clock within the quarter hour. */
  #supportOf(one: ClockPeriod): { support: Support; calls: number } | undefined {
    const key = keyOf(one)
    const sum = this.#sums.get(key)
    if (!sum) return undefined
    let known = this.#supports.get(key)
    if (!known) {
      known = { support: noSupport(), calls: 0 }
      const shifts = this.#shiftsOf(one)
      for (const { at, evidence } of sum.calls) {
        const said = knownSupport(evidence, shiftAt(shifts, at))
        if (!said) continue
        addSupport(known.support, said)
        known.calls += 1
      }
      this.#supports.set(key, known)
    }
    return known
  }

  #shiftsOf(one: ClockPeriod): readonly ShiftPiece[] {
    const key = keyOf(one)
    let known = this.#shifts.get(key)
    if (!known) {
      const around = neighbours(one, SHIFT_NEIGHBOURS).flatMap((near) => this.#sums.get(keyOf(near)) ?? [])
      known = around.some(({ isDoubtful }) => isDoubtful) ? shiftsOf(around.flatMap(votesOf)) : neverShifted
      this.#shifts.set(key, known)
    }
    return known
  }
}

function shiftAt(pieces: readonly ShiftPiece[], at: number): number {
  return pieces.findLast(({ from_ms }) => from_ms <= at)?.shift_ms ?? 0
}

function votesOf({ calls }: PeriodSum): DatedVote[] {
  return calls.flatMap(({ id, at, evidence }) => {
    const vote = knownVote(evidence)
    return vote ? [{ id, at, vote }] : []
  })
}

/** From when to when the calls of a period rang, by the provider's clock; the end excluded. */
export function momentsOf(one: ClockPeriod): { from_ms: number; to_ms: number } {
  const from_ms = beginOf(weekOf(one))
  return { from_ms, to_ms: from_ms + PERIOD_MS }
}

/** The first day of the period that a moment lies in. */
export function periodOf(at_ms: number): string {
  return new Date(Math.floor(at_ms / PERIOD_MS) * PERIOD_MS).toISOString().slice(0, 10)
}

/** A row whose clock was set anew within the period is named by that moment. */
export function weekOf({ provider, period }: ClockPeriod): ClockPeriod {
  return { provider, period: periodOf(Date.parse(period)) }
}

export function beginOf({ period }: Pick<ClockPeriod, 'period'>): number {
  return Date.parse(period)
}

function neighbour({ provider, period }: ClockPeriod, away: number): ClockPeriod {
  return { provider, period: periodOf(Date.parse(period) + away * PERIOD_MS) }
}

export function neighbours(one: ClockPeriod, away_max: number): ClockPeriod[] {
  return Array.from({ length: 2 * away_max + 1 }, (_, index) => neighbour(one, index - away_max))
}

export function keyOf({ provider, period }: ClockPeriod): string {
  return `${provider}\n${period}`
}

/** Of 4 kB each. */
const supports = new LRUCache<string, { said: Support | undefined }>({ max: 5_000 })
const votes = new LRUCache<string, { vote: ShiftVote | undefined }>({ max: 5_000 })

/** Worked out once: the calls of a period are added up again with every new one. */
function knownSupport(evidence: string, shift_ms: number): Support | undefined {
  const key = `${shift_ms}\n${evidence}`
  let known = supports.get(key)
  if (!known) {
    const seen = shifted(parseEvidence(evidence), shift_ms)
    known = { said: seen && supportOf(seen) }
    supports.set(key, known)
  }
  return known.said
}

function knownVote(evidence: string): ShiftVote | undefined {
  let known = votes.get(evidence)
  if (!known) {
    known = { vote: voteOf(parseEvidence(evidence)) }
    votes.set(evidence, known)
  }
  return known.vote
}

/** The table holds only what evidenceRow wrote. */
function parseEvidence(evidence: string): ClockEvidence {
  return JSON.parse(evidence) as ClockEvidence
}
