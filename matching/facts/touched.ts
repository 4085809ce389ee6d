import { compareText } from '../receipt.ts'
import { sessionKey, visitorKey } from '../sessions/session-index.ts'

/** What new facts of one site may have changed, named so that it can be read anew. */
export interface Touched {
  /** Events to be cut again, by `sessionKey` or `visitorKey`, with the visitors their new events name. */
  sessions: Map<string, SenderSession>
  /** For each number between which moments the leases that changed began. */
  leased: Map<string, Moments>
  /** For each sender's session between which moments links to phones were clicked. */
  clicked: Map<string, Moments>
  /** Providers' clocks, as `provider\nperiod`, by which calls may not have been dated yet. */
  clocks: Set<string>
  /** What a step had begun, or what was removed, is in it: what is known by heart may not be true. */
  isAgain: boolean
  calls: Set<string>
  leads: Set<string>
  deals: Set<string>
  /** Whether something was said by hand about who is one person. */
  hands: boolean
}

export interface Moments {
  first_ms: number
  last_ms: number
}

export interface SenderSession {
  /** Empty: cut by visitor. */
  session: string
  visitors: Visitors
}

/** A set, as far as anybody asks for one. */
export interface Visitors extends Iterable<string> {
  readonly size: number
  has(visitor: string): boolean
  add(visitor: string): unknown
}

/** Next to every session has one visitor: a set of it would take four times the memory, and a step touches 300,000. */
class OneVisitor implements Visitors {
  readonly #visitor: string
  #all: Set<string> | undefined

  constructor(visitor: string) {
    this.#visitor = visitor
  }

  get size(): number {
    return this.#all?.size ?? 1
  }

  has(visitor: string): boolean {
    return visitor === this.#visitor || this.#all?.has(visitor) === true
  }

  add(visitor: string): void {
    if (this.has(visitor)) return
    this.#all ??= new Set([this.#visitor])
    this.#all.add(visitor)
  }

  [Symbol.iterator](): Iterator<string> {
    return (this.#all ?? [this.#visitor])[Symbol.iterator]()
  }
}

export function nothingTouched(): Touched {
  return {
    ...{ sessions: new Map(), leased: new Map(), clicked: new Map(), clocks: new Set(), isAgain: false },
    ...{ calls: new Set(), leads: new Set(), deals: new Set(), hands: false },
  }
}

/** Adds what is to be looked at again. */
export function touchAlso(touched: Touched, more: Touched): void {
  touched.isAgain = true
  for (const { session, visitors } of more.sessions.values()) {
    for (const visitor of visitors) touchSession(touched, session, visitor)
    if (visitors.size === 0 && !touched.sessions.has(sessionKey(session))) {
      touched.sessions.set(sessionKey(session), { session, visitors: new Set() })
    }
  }
  touched.hands ||= more.hands
  for (const kind of ['clocks', 'calls', 'leads', 'deals'] as const) for (const id of more[kind]) touched[kind].add(id)
}

/** Senders' sessions, or facts of a kind, that are taken into the history together. */
export const TOGETHER_MAX = 16_000

/**
 * Cuts a large step into pieces that memory can hold, each to be taken into the history by itself. Visitors whose events
 * stand together in the table come together, so that each part of it is read by one piece.
 */
export function* slicesOf(touched: Touched, size: number): Generator<Touched> {
  const { sessions, leased, clicked, calls, leads, deals, hands, clocks, isAgain } = touched
  if ([sessions, leased, clicked, calls, leads, deals].every((some) => some.size <= size)) {
    yield touched
    return
  }
  if (hands || isAgain || clocks.size > 0) yield { ...nothingTouched(), hands, clocks, isAgain }
  const byVisitor = [...sessions]
    .map(([key, one]) => ({ key, one, visitor: [...one.visitors][0] ?? '' }))
    .sort((a, b) => compareText(a.visitor, b.visitor))
  for (const some of slices(byVisitor, size)) {
    yield { ...nothingTouched(), sessions: new Map(some.map(({ key, one }) => [key, one])) }
  }
  for (const some of slices([...calls], size)) yield { ...nothingTouched(), calls: new Set(some) }
  for (const some of slices([...leads], size)) yield { ...nothingTouched(), leads: new Set(some) }
  for (const some of slices([...deals], size)) yield { ...nothingTouched(), deals: new Set(some) }
  for (const some of slices([...leased], size)) yield { ...nothingTouched(), leased: new Map(some) }
  for (const some of slices([...clicked], size)) yield { ...nothingTouched(), clicked: new Map(some) }
}

function* slices<Value>(all: readonly Value[], size: number): Generator<Value[]> {
  for (let from = 0; from < all.length; from += size) yield all.slice(from, from + size)
}

export function touchSession(touched: Touched, session: string, visitor: string): void {
  const key = session === '' ? visitorKey(visitor) : sessionKey(session)
  const known = touched.sessions.get(key)
  if (known) known.visitors.add(visitor)
  else touched.sessions.set(key, { session, visitors: new OneVisitor(visitor) })
}

export function touchLease(
  touched: Touched,
  lease: { number: string; visitor: string; session: string; from_ms: number },
): void {
  if (lease.number === '' || lease.session === '') return
  touchSession(touched, lease.session, lease.visitor)
  widen(touched.leased, lease.number, lease.from_ms)
}

/** Takes a moment into the range of a key. */
export function widen(ranges: Map<string, Moments>, key: string, at_ms: number): void {
  const known = ranges.get(key)
  ranges.set(key, {
    first_ms: Math.min(at_ms, known?.first_ms ?? at_ms),
    last_ms: Math.max(at_ms, known?.last_ms ?? at_ms),
  })
}
