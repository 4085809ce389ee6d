import type { Truth } from '../world/truth.ts'

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
  const counts: Record<CreditedModel, Counting>[] = [counting(), counting()]
  for (const conversion of truth.conversions) {
    const touches = (truth.touches.get(conversion.person) ?? []).filter(({ at_ms }) => at_ms <= conversion.at_ms)
    const earned = touches.map(({ channel }) => channel)
    const said = paths.get(`${conversion.kind}\n${conversion.id}`) ?? []
    for (const model of ['last', 'linear'] as const) {
      const [right, answer] = [creditOf(earned, model), creditOf(said, model)]
      if (conversion.kind === 'deal')
        add((counts[0] as Record<CreditedModel, Counting>)[model], right, answer, conversion.revenue)
      add((counts[1] as Record<CreditedModel, Counting>)[model], right, answer, 1)
    }
  }
  const [revenue, conversions] = counts.map((count) => ({ last: finish(count.last), linear: finish(count.linear) }))
  return { revenue, conversions } as CreditReport
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

/** What each channel of a path has; a path of nothing leaves all open. */
function creditOf(channels: readonly string[], model: CreditedModel): Map<string, number> {
  const credit = new Map<string, number>()
  if (channels.length === 0) return credit.set(UNCREDITED, 1)
  const counted = model === 'last' ? channels.slice(-1) : channels
  for (const channel of counted) credit.set(channel, (credit.get(channel) ?? 0) + 1 / counted.length)
  return credit
}

interface Counting {
  value: number
  misplaced: number
  leftOpen: number
  differences: Map<string, number>
}

function counting(): Record<CreditedModel, Counting> {
  const none = (): Counting => ({ value: 0, misplaced: 0, leftOpen: 0, differences: new Map() })
  return { last: none(), linear: none() }
}

function add(to: Counting, right: Map<string, number>, answer: Map<string, number>, value: number): void {
  to.value += value
  for (const channel of new Set([...right.keys(), ...answer.keys()])) {
    const excess = ((answer.get(channel) ?? 0) - (right.get(channel) ?? 0)) * value
    to.differences.set(channel, (to.differences.get(channel) ?? 0) + excess)
    if (channel === UNCREDITED) to.leftOpen += Math.max(0, excess)
    else to.misplaced += Math.max(0, excess)
  }
}

function finish({ value, misplaced, leftOpen, differences }: Counting): CreditQuality {
  const whole = value || 1
  const apart = [...differences.values()].reduce((sum, excess) => sum + Math.abs(excess), 0) / 2
  return { value, misplaced: misplaced / whole, leftOpen: leftOpen / whole, inTotals: apart / whole }
}
