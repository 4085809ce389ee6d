/** How many journeys went from one step to the next. */
export interface Transition {
  from: string
  to: string
  times: number
}

/** Where every journey begins, and the two ways it can end. No channel has such a name. */
export const START = '(start)'
export const CONVERTED = '(conversion)'
export const LOST = '(null)'

export interface RemovalEffects {
  /** The share of journeys that convert. */
  conversion_rate: number
  /** By channel: the share of conversions that would be lost were every journey to end where it meets the channel. */
  effects: Map<string, number>
}

/**
 * The removal effects of a first-order Markov chain, without simulation. States are taken out of the chain one by one, their
 * traffic handed on to where it would have gone (the elimination of Grassmann, Taksar and Heyman): nothing is ever
 * subtracted, so that long circles and rare exits cost no digits. Returns to the same channel change nothing.
 */
export function removalEffects(transitions: readonly Transition[]): RemovalEffects {
  const chain = chainOf(transitions)
  const [converted = 0, lost = 0] = without(chain, 0, chain.names.length).rows[0] as number[]
  return { conversion_rate: share(converted, lost), effects: new Map(eachAlone(chain)) }
}

/** Times a row (every channel, and last the start) led to a column (every channel, then converted and lost). */
interface Chain {
  names: string[]
  rows: number[][]
}

function chainOf(transitions: readonly Transition[]): Chain {
  const ends = [START, CONVERTED, LOST]
  const mentioned = transitions.flatMap(({ from, to }) => [from, to]).filter((name) => !ends.includes(name))
  // In one order whatever the order of rows: sums of fractions depend on it in their last digit.
  const names = [...new Set(mentioned)].sort()
  const rowOf = new Map([...names, START].map((name, index) => [name, index]))
  const columnOf = new Map([...names, CONVERTED, LOST].map((name, index) => [name, index]))
  const rows = Array.from(rowOf, () => new Array<number>(columnOf.size).fill(0))
  for (const { from, to, times } of transitions) {
    const row = rows[rowOf.get(from) ?? -1]
    const column = columnOf.get(to)
    if (row && column !== undefined) row[column] = (row[column] as number) + times
  }
  return { names, rows }
}

/**
 * The effect of each channel, read off a chain in which it is the only one left. Halves of the channels are taken out at
 * once and the rest is halved again, which costs a third more than solving the chain once.
 */
function eachAlone(chain: Chain): [name: string, effect: number][] {
  const { names, rows } = chain
  if (names.length === 0) return []
  if (names.length === 1) {
    const [[, converted = 0, lost = 0], [met = 0, passed = 0]] = rows as [number[], number[]]
    return [[names[0] as string, share(met * share(converted, lost), passed)]]
  }
  const half = names.length >> 1
  return [...eachAlone(without(chain, half, names.length)), ...eachAlone(without(chain, 0, half))]
}

/** The same chain seen by one who does not notice some of its channels. */
function without({ names, rows }: Chain, first: number, end: number): Chain {
  const left = rows.map((row) => row.slice())
  for (let gone = first; gone < end; gone++) takeOut(left, gone)
  const isKept = (_: unknown, index: number) => index < first || index >= end
  return { names: names.filter(isKept), rows: left.filter(isKept).map((row) => row.filter(isKept)) }
}

function takeOut(rows: number[][], gone: number): void {
  const ways = rows[gone] as number[]
  ways[gone] = 0
  const exits = ways.reduce((sum, times) => sum + times, 0)
  for (const row of rows) {
    const came = row[gone] as number
    row[gone] = 0
    if (came === 0) continue
    // Whoever never gets out of a channel is lost there.
    if (exits === 0) row[row.length - 1] = (row.at(-1) as number) + came
    else for (const [to, times] of ways.entries()) row[to] = (row[to] as number) + (came * times) / exits
  }
  ways.fill(0)
}

function share(part: number, rest: number): number {
  return part === 0 ? 0 : part / (part + rest)
}
