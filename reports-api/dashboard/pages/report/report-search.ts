import type { Attribution } from '../../api/reports.ts'
import { readAttribution, readTerms, type Terms } from './attribution-search.ts'
import { type DateRange, datesOf, isDate, type Preset, presets } from './date-range.ts'

/** What the report's address says. Absent members stand for the defaults, so that a plain address stays plain. */
export interface ReportSearch {
  site?: string | undefined
  range?: Preset | undefined
  from?: string | undefined
  to?: string | undefined
  by?: string | undefined
  model?: string | undefined
  /** What of the model was set. */
  terms?: Terms | undefined
  /** What it is compared with. */
  vs?: Attribution | undefined
  /** A metric, or `label`; a leading minus turns the order round. */
  sort?: string | undefined
  /** The row whose people are open: the values of its dimensions, outermost first. */
  open?: [dimension: string, value: string][] | undefined
  behind?: Behind | undefined
  /** The rows that are open are those under the model it is compared with. */
  under?: 'vs' | undefined
}

/** Metrics whose raw rows can be looked at: each is a list of its own behind a row. */
export const behinds = ['visits', 'leads', 'target_leads', 'calls', 'deals', 'deals_won'] as const
export type Behind = (typeof behinds)[number]

const timeDimensions = ['date', 'week', 'month', 'hour', 'weekday']

export const defaults = { range: '30d', by: 'channel', model: 'last_non_direct', behind: 'leads' } as const

/** Keeps of an address what makes sense and drops the rest: links are typed by hand and grow old. */
export function readReportSearch(raw: Record<string, unknown>): ReportSearch {
  const search: ReportSearch = {}
  if (raw.site !== undefined && raw.site !== '') search.site = String(raw.site)
  if (isDate(raw.from) && isDate(raw.to) && raw.from <= raw.to) Object.assign(search, { from: raw.from, to: raw.to })
  else if (isOneOf(presets, raw.range) && raw.range !== defaults.range) search.range = raw.range
  if (isName(raw.by) && raw.by !== defaults.by) search.by = raw.by
  if (isName(raw.model) && raw.model !== defaults.model) search.model = raw.model
  const terms = readTerms(raw.terms)
  if (terms) search.terms = terms
  const vs = readAttribution(raw.vs)
  if (vs) search.vs = vs
  if (isName(raw.sort) && raw.sort !== sortOf({ by: search.by })) search.sort = raw.sort
  const open = readPath(raw.open)
  if (open) search.open = open
  if (open && isOneOf(behinds, raw.behind) && raw.behind !== defaults.behind) search.behind = raw.behind
  if (open && vs && raw.under === 'vs') search.under = 'vs'
  return search
}

/** The dates an address means today. */
export function rangeOf(search: ReportSearch, today: string): DateRange {
  if (search.from !== undefined && search.to !== undefined) return { from: search.from, to: search.to }
  return datesOf(search.range ?? defaults.range, today)
}

/** The model an address means, with what of it was set. */
export function attributionOf({ model, terms }: Pick<ReportSearch, 'model' | 'terms'>): Attribution {
  return { model: model ?? defaults.model, ...terms }
}

/** Time runs forwards; everything else starts with what brought most. */
export function sortOf({ sort, by }: { sort?: string | undefined; by?: string | undefined }): string {
  return sort ?? (timeDimensions.includes(by ?? defaults.by) ? 'label' : '-revenue')
}

function readPath(raw: unknown): ReportSearch['open'] {
  if (!Array.isArray(raw)) return undefined
  const isStep = (step: unknown): step is [string, string] =>
    Array.isArray(step) && step.length === 2 && step.every((part) => typeof part === 'string')
  return raw.every(isStep) ? raw : undefined
}

export function isOneOf<Option extends string>(options: readonly Option[], value: unknown): value is Option {
  return options.includes(value as Option)
}

export function isName(value: unknown): value is string {
  return typeof value === 'string' && /^-?[a-z_]{1,50}$/.test(value)
}
