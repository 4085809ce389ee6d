import type { IdentifierKind } from '#domain/identifier.ts'

/** One identifier, as `kind\nvalue`. */
export type Named = readonly [kind: IdentifierKind, value: string]

/** A step on the way to a purchase: a visit, or a call to a number that stands for an advertisement. */
export interface TrueTouch {
  at_ms: number
  /** Empty for a call. */
  session: string
  channel: string
}

/** Where the caller had the number from, at the moment it really rang. */
export type NumberHeld = 'on_screen' | 'in_reserve' | 'saved' | 'site_number' | 'printed'

export interface TrueCall {
  id: string
  person: number
  at_ms: number
  /** The visit that showed the number; empty when none did. */
  session: string
  held: NumberHeld
  provider: string
}

export interface TrueConversion {
  id: string
  kind: 'lead' | 'deal'
  person: number
  at_ms: number
  /** Of deals: what it came to in the end; 0 unless won. */
  revenue: number
}

/** Nobody's: a placeholder, the company's own number. */
const NOBODY = -1
/** Truly used by several people. */
const SEVERAL = -2

/** What really happened: written down by the world as it goes, and never shown to matching. */
export class Truth {
  /** By identifier (`kind\nvalue`) its number; the others are by this number. */
  readonly numbers = new Map<string, number>()
  readonly owners: number[] = []
  /** For each fact its person, how many identifiers it names, and these, one after the other. */
  readonly facts: number[] = []
  readonly calls: TrueCall[] = []
  readonly conversions: TrueConversion[] = []
  readonly touches = new Map<number, TrueTouch[]>()
  people = 0

  /** A program is nobody, but what it leaves must not be taken for somebody's. */
  readonly bots = new Set<number>()

  newPerson(): number {
    return this.people++
  }

  newBot(): number {
    this.bots.add(this.people)
    return this.people++
  }

  /** A fact of this person names these together, and so the person uses them. */
  fact(person: number, named: readonly Named[]): void {
    this.facts.push(person, named.length)
    for (const one of named) {
      const number = this.numberOf(one)
      const owner = this.owners[number]
      if (owner === undefined) this.owners[number] = person
      else if (owner !== person && owner !== NOBODY) this.owners[number] = SEVERAL
      this.facts.push(number)
    }
  }

  nobodys(named: Named): void {
    this.owners[this.numberOf(named)] = NOBODY
  }

  touch(person: number, touch: TrueTouch): void {
    const known = this.touches.get(person)
    if (known) known.push(touch)
    else this.touches.set(person, [touch])
  }

  /** The one person who used this identifier; undefined when several did, or nobody. */
  ownerOf(number: number): number | undefined {
    const owner = this.owners[number]
    return owner === undefined || owner < 0 ? undefined : owner
  }

  isShared(number: number): boolean {
    return this.owners[number] === SEVERAL
  }

  numberOf([kind, value]: Named): number {
    const key = `${kind}\n${value}`
    let number = this.numbers.get(key)
    if (number === undefined) {
      number = this.numbers.size
      this.numbers.set(key, number)
    }
    return number
  }
}
