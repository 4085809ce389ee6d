import { gzipSync } from 'node:zlib'

/** A program, taken apart by what may change places in it (`programOf`). */
export interface Program {
  /** Declarations of functions, which are there before anything runs. */
  functions: readonly string[]
  /** Functions, made variables, that the first values of other variables mention. */
  first: readonly string[]
  /** Variables whose first value asks nothing and changes nothing: `f=x=>x`. */
  free: readonly string[]
  /** Variables whose value is worked out, in their order. */
  bound: readonly string[]
  /** All other statements, in their order. */
  rest: readonly string[]
}

/**
 * The program with its functions and free variables in the order that packs best: to JavaScript it means nothing, and gzip
 * finds repetitions the sooner the nearer they are. More than a hundredth is gained.
 */
export function inPackingOrder(program: Program): string {
  const weigh = (order: Order) => gzipSync(write(program, order), { level: 9 }).length

  let order: Order = [[...program.functions.keys()], likeBesideLike(program)]
  let bytes = weigh(order)
  // Each is tried in each place, until no move makes it less: every move that is made does, so there is an end.
  for (let isBetter = true; isBetter; ) {
    isBetter = false
    for (const kind of [0, 1] as const)
      for (let from = 0; from < order[kind].length; from++)
        for (let to = 0; to < order[kind].length; to++) {
          const moved = order[kind].toSpliced(from, 1).toSpliced(to, 0, order[kind][from] as number)
          const tried: Order = kind === 0 ? [moved, order[1]] : [order[0], moved]
          const tried_bytes = weigh(tried)
          if (tried_bytes >= bytes) continue
          order = tried
          bytes = tried_bytes
          isBetter = true
        }
  }
  return write(program, order)
}

/** The places that functions and free variables have in the program, in the order in which they are to be written. */
type Order = readonly [functions: readonly number[], free: readonly number[]]

/** The program in this order. */
export function write({ functions, first, free, bound, rest }: Program, [called, named]: Order): string {
  const variables = [...first, ...named.map((at) => free[at]), ...bound].join(',')
  return (
    called.map((at) => functions[at]).join('') + [variables && `var ${variables}`, ...rest].filter(Boolean).join(';')
  )
}

/** Free variables that begin alike stand together: from there it takes fewer moves, and ends better. */
export function likeBesideLike({ free }: Program): number[] {
  const value = (at: number) => free[at]?.replace(/^[^=]*/, '') ?? ''
  return [...free.keys()].sort((a, b) => (value(a) < value(b) ? -1 : 1))
}
