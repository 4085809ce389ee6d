import type { TrueConversion, TrueTouch, Truth } from '../world/truth.ts'
import { joinedByFacts } from './judge-people.ts'

/** A step of the path to a conversion, as the history has it. */
export interface PathStep {
  kind: 'lead' | 'deal'
  conversion: string
  position: number
  channel: string
}

export type CreditedModel = 'last' | 'linear'

/** Shares of the whole; `value` is what was credited in all. */
export interface CreditQuality {
  value: number
  /** Credited to a channel that did not earn it. */
  misplaced: number
  /** Credited to nobody although somebody earned it. */
  leftOpen: number
  /** What the oracle leaves open: no chain of facts leads from the conversion to what earned it. */
  leftOpenAtBest: number
  /** What is misplaced and left open after channels are added up, as a report shows them. */
  inTotals: number
}

export type CreditReport = Record<'revenue' | 'conversions', Record<CreditedModel, CreditQuality>>

const UNCREDITED = 'uncredited'

/**
 * Compares what each conversion's channels are credited with, with what the person's true path would have earned them.
 * Both add up to one, so what is wrong is the sum of what channels have too much: half of the absolute differences.
 */
export function judgeCredit(truth: Truth, steps: Iterable<PathStep>): CreditReport {
  const paths = pathsOf(steps)
  const knows = knowable(truth)
  const [revenue, conversions] = [counting(), counting()]
  for (const conversion of truth.conversions) {
    const touches = (truth.touches.get(conversion.person) ?? []).filter(({ at_ms }) => at_ms <= conversion.at_ms)
    const said = paths.get(`${conversion.kind}\n${conversion.id}`) ?? []
    const known = touches.filter(({ session }) => session === '' || knows(conversion, session))
    for (const model of ['last', 'linear'] as const) {
      const [right, answer, best] = [touches.map(channelOf), said, known.map(channelOf)].map((path) =>
        creditOf(path, model),
      ) as [Credit, Credit, Credit]
      if (conversion.kind === 'deal') add(revenue[model], { right, answer, best }, conversion.revenue)
      add(conversions[model], { right, answer, best }, 1)
    }
  }
  const finished = (of: Record<CreditedModel, Counting>) => ({ last: finish(of.last), linear: finish(of.linear) })
  return { revenue: finished(revenue), conversions: finished(conversions) }
}

/** Whether a chain of facts leads from a conversion to a visit; forms, calls and requests from marketplaces are leads. */
function knowable(truth: Truth): (conversion: TrueConversion, session: string) => boolean {
  const find = joinedByFacts(truth)
  const groupOf = (kind: string, value: string) => {
    const number = truth.numbers.get(`${kind}\n${value}`)
    return number === undefined ? undefined : find(number)
  }
  return ({ kind, id }, session) => {
    const from = kind === 'deal' ? groupOf('deal', id) : (groupOf('call', id) ?? groupOf('lead', id))
    return from !== undefined && from === groupOf('session', session)
  }
}

function pathsOf(steps: Iterable<PathStep>): Map<string, string[]> {
  const paths = new Map<string, PathStep[]>()
  for (const step of steps) {
    if (step.position === 0) continue
    const key = `${step.kind}\n${step.conversion}`
    const path = paths.get(key)
    if (path) path.push(step)
    else paths.set(key, [step])
  }
  return new Map(
    [...paths].map(([key, path]) => [
      key,
      path.toSorted((a, b) => a.position - b.position).map(({ channel }) => channel),
    ]),
  )
}

type Credit = Map<string, number>

function channelOf({ channel }: TrueTouch): string {
  return channel
}

/** What each channel of a path has; a path of nothing leaves all open. */
function creditOf(channels: readonly string[], model: CreditedModel): Credit {
  const credit: Credit = new Map()
  if (channels.length === 0) return credit.set(UNCREDITED, 1)
  const counted = model === 'last' ? channels.slice(-1) : channels
  for (const channel of counted) credit.set(channel, (credit.get(channel) ?? 0) + 1 / counted.length)
  return credit
}

interface Counting {
  value: number
  misplaced: number
  leftOpen: number
  leftOpenAtBest: number
  differences: Map<string, number>
}

function counting(): Record<CreditedModel, Counting> {
  const none = (): Counting => ({ value: 0, misplaced: 0, leftOpen: 0, leftOpenAtBest: 0, differences: new Map() })
  return { last: none(), linear: none() }
}

function add(to: Counting, { right, answer, best }: Record<'right' | 'answer' | 'best', Credit>, value: number): void {
  to.value += value
  to.leftOpenAtBest += Math.max(0, (best.get(UNCREDITED) ?? 0) - (right.get(UNCREDITED) ?? 0)) * value
  for (const channel of new Set([...right.keys(), ...answer.keys()])) {
    const excess = ((answer.get(channel) ?? 0) - (right.get(channel) ?? 0)) * value
    to.differences.set(channel, (to.differences.get(channel) ?? 0) + excess)
    if (channel === UNCREDITED) to.leftOpen += Math.max(0, excess)
    else to.misplaced += Math.max(0, excess)
  }
}

function finish({ value, misplaced, leftOpen, leftOpenAtBest, differences }: Counting): CreditQuality {
  const whole = value || 1
  const apart = [...differences.values()].reduce((sum, excess) => sum + Math.abs(excess), 0) / 2
  return {
    value,
    misplaced: misplaced / whole,
    leftOpen: leftOpen / whole,
    leftOpenAtBest: leftOpenAtBest / whole,
    inTotals: apart / whole,
  }
}
