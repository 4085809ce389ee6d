import type { VisitsOptions } from './people.ts'
import type { Random } from './random.ts'
import type { FillLanguage, FillWords } from './words.ts'

/** Facts of one kind of route, as the public API takes them. */
export interface Year {
  events: object[]
  leases: object[]
  calls: object[]
  deals: object[]
  costs: object[]
}

export interface YearOptions extends VisitsOptions {
  base_url: string
  language: FillLanguage
}

export interface Session {
  id: string
  visitor: string
  start_ms: number
  end_ms: number
}

/** What the makers of single facts have at hand. */
export interface Making {
  options: YearOptions
  words: FillWords
  random: Random
  year: Year
}
