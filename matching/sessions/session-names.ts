import type { Graph } from '../identity/graph.ts'
import { sessionKey, visitorKey } from './session-index.ts'

/**
 * Which rows of `sessions` hold the pieces of each sender's session (`s\n…`) or of each visitor without (`v\n…`). A name
 * may look like a piece and be a sender's own: `a.2` belongs to whoever sends events under it, and the second piece of
 * `a` is then called `a.3`.
 */
export class SessionNames {
  /** Only where it is not the usual: one row under the sender's id for a session, none for a visitor. */
  readonly #names = new Map<string, readonly string[]>()
  /** As they were before the step that is going on: those rows are still in the table. */
  readonly #before = new Map<string, readonly string[]>()

  /** The names of a sender's pieces, the first piece first. */
  of(key: string): readonly string[] {
    const names = this.#names.get(key)
    if (names) return names
    return key.startsWith('s') && this.pieceOf(key.slice(2)) === undefined ? [key.slice(2)] : []
  }

  /** All names under which the tables may have rows of this sender. */
  ever(key: string): readonly string[] {
    const before = this.#before.get(key)
    return before ? [...new Set([...before, ...this.of(key)])] : this.of(key)
  }

  /** Whether a sender had other pieces before this step than it has now. */
  had(key: string): boolean {
    const before = this.#before.get(key) ?? []
    const now = this.of(key)
    return before.some((name) => !now.includes(name))
  }

  /** Whether a visitor has sessions that the server cut. */
  has(key: string): boolean {
    return this.#names.has(key)
  }

  /** The sender whose later piece bears this name; undefined for a name of the sender's own. */
  pieceOf(name: string): string | undefined {
    const key = senderOf(name)
    return key !== undefined && this.#names.get(key)?.includes(name) ? key : undefined
  }

  /** Gives names to the pieces of a sender; returns them, and those that were given or taken away by it. */
  give(key: string, count: number, graph: Graph): { names: readonly string[]; changed: string[] } {
    const before = this.of(key)
    const names = freeNames(key, count, graph)
    if (!this.#before.has(key)) this.#before.set(key, before)
    if (count === (key.startsWith('s') ? 1 : 0)) this.#names.delete(key)
    else this.#names.set(key, names)
    const changed = [...before, ...names].filter((name) => before.includes(name) !== names.includes(name))
    return { names, changed }
  }

  /** The step is written: what was before it is gone, and a sender that has nothing left is no longer known. */
  settle(): void {
    for (const key of this.#before.keys()) if (this.#names.get(key)?.length === 0) this.#names.delete(key)
    this.#before.clear()
  }

  /** All that is not the usual; undefined when that is more than `max` senders. */
  all(max: number): [key: string, names: readonly string[]][] | undefined {
    return this.#names.size > max ? undefined : [...this.#names]
  }

  /** What `all` gave. */
  static of(all: readonly [key: string, names: readonly string[]][]): SessionNames {
    const names = new SessionNames()
    for (const [key, own] of all) names.#names.set(key, own)
    return names
  }

  /** What the ids in the table tell. */
  load(graph: Graph, rows: Iterable<{ id: string }>): void {
    for (const { id } of rows) {
      const key = senderOf(id)
      if (key === undefined || isSenders(graph, id)) continue
      this.#names.set(key, [...(this.#names.get(key) ?? (key.startsWith('s') ? [key.slice(2)] : [])), id])
    }
    for (const [key, names] of this.#names) {
      this.#names.set(
        key,
        names.toSorted((a, b) => numberOf(key, a) - numberOf(key, b)),
      )
    }
  }
}

/** Whose later piece a row of this name could be. */
export function senderOf(name: string): string | undefined {
  const [, base, separator] = /^(.+)([.:])\d+$/.exec(name) ?? []
  if (base === undefined) return undefined
  return separator === ':' ? visitorKey(base) : sessionKey(base)
}

/** Whether events were sent under this session id. */
export function isSenders(graph: Graph, name: string): boolean {
  return graph.find('session', name)?.edges.some((edge) => edge.fact === 'event') ?? false
}

/** The first piece keeps the sender's id, the next are `{id}.2`, `{id}.3` …; of a visitor `{visitor}:1`, `:2` …. */
function freeNames(key: string, count: number, graph: Graph): string[] {
  const base = key.slice(2)
  const isSession = key.startsWith('s')
  const names = isSession && count > 0 ? [base] : []
  for (let number = isSession ? 2 : 1; names.length < count; number++) {
    const name = `${base}${isSession ? '.' : ':'}${number}`
    if (!isSenders(graph, name)) names.push(name)
  }
  return names
}

function numberOf(key: string, name: string): number {
  return name === key.slice(2) ? 1 : Number(name.slice(key.length - 1))
}
