import { type IdentifierKind, personId } from '#domain/identifier.ts'

interface Founder {
  kind: IdentifierKind
  value: string
}

/** Whom ids of persons mean that somebody named by hand: the identifiers they are founded on. */
export class Founders {
  readonly #site: string
  readonly #sought = new Set<string>()
  readonly #found = new Map<string, Founder>()

  constructor(site: string) {
    this.#site = site
  }

  of(person: string): Founder | undefined {
    return this.#found.get(person)
  }

  /** Has the founders of these persons noticed. Returns those not known yet. */
  seek(persons: Iterable<string>): string[] {
    for (const person of persons) if (!this.#found.has(person)) this.#sought.add(person)
    return [...this.#sought]
  }

  notice(kind: IdentifierKind, value: string): void {
    if (this.#sought.size === 0) return
    const person = personId(this.#site, kind, value)
    if (this.#sought.delete(person)) this.#found.set(person, { kind, value })
  }

  /** Whoever still names their persons seeks them again. */
  forget(gone: readonly Founder[]): void {
    if (this.#found.size === 0) return
    const keys = new Set(gone.map(({ kind, value }) => `${kind}\n${value}`))
    for (const [person, { kind, value }] of this.#found) if (keys.has(`${kind}\n${value}`)) this.#found.delete(person)
  }
}
