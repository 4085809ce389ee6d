import { moneyText } from '#domain/money.ts'
import type { Store } from '#storage/client.ts'
import { type AttributionTerms, type Credit, prefixed } from './attribution-terms.ts'
import { COMPARED, planReport, type SiteTerms } from './plan-report.ts'
import {
  type EffectsByKind,
  effectParams,
  journeysOf,
  readRemovalEffects,
  type ShownEffects,
  showEffects,
} from './removal-effects-query.ts'
import type { Column, WantedDimension } from './report-columns.ts'
import type { ReportQuery } from './report-query.ts'

export type Cell = string | number | null

/** Shares of credit that no touch could be given; null where nothing was to be credited. */
export interface Uncredited {
  leads: number | null
  deals: number | null
  revenue: number | null
}

export interface ReportMeta {
  site: string
  from: string
  to: string
  date: 'created' | 'closed'
  timezone: string
  currency: string
  attribution: AttributionTerms
  /** Of the model `markov`: what the weights come from, on the way to a lead and to a deal. */
  removal_effects?: Record<keyof EffectsByKind, ShownEffects>
  /** All rows there are, whatever limit and offset. */
  rows_total: number
  uncredited?: Uncredited
  currencies_left_out: string[]
  notes: string[]
  compare?: {
    from: string
    to: string
    attribution: AttributionTerms
    removal_effects?: Record<keyof EffectsByKind, ShownEffects>
    uncredited?: Uncredited
    currencies_left_out: string[]
  }
}

export interface ReportAnswer {
  columns: Column[]
  rows: Record<string, Cell>[]
  totals: Record<string, Cell>
  meta: ReportMeta
}

interface Period {
  from: string | undefined
  to: string | undefined
}

interface SqlRow extends Record<string, unknown> {
  is_total: number
  places: string
}

/** A report: rows by dimensions, totals, and what one must know to read them. */
export async function runReport(
  store: Pick<Store, 'query'>,
  query: ReportQuery,
  site: SiteTerms,
): Promise<ReportAnswer> {
  const plan = planReport(query, site)
  const { main, compared } = plan.asked
  const effectsOf = (credit: Credit | undefined, { from = query.from, to = query.to }: Partial<Period>) =>
    credit && plan.credits
      ? readRemovalEffects(store, credit, journeysOf({ ...query, from, to }, site.timezone))
      : undefined
  const effects = await Promise.all([effectsOf(main, query), effectsOf(compared, query.compare ?? {})])
  const found = await store.query<SqlRow>(plan.sql, {
    ...plan.params,
    ...effectParams(effects[0]),
    ...prefixed(effectParams(effects[1]), COMPARED),
  })
  const total = found.find((row) => row.is_total === 1) as SqlRow
  const groups = found.filter((row) => row.is_total === 0)
  const names = plan.columns.filter(({ kind }) => kind === 'metric').map(({ name }) => name)
  const money = new Set(plan.columns.filter(({ type }) => type === 'money').map(({ name }) => name))
  const cells = (row: SqlRow, dimensions: readonly WantedDimension[]) => cellsOf(row, names, dimensions, money)
  const totals = cells(total, [])
  const rows =
    plan.dimensions.length > 0 ? groups.map((row) => cells(row, plan.dimensions)) : query.offset === 0 ? [totals] : []
  const side = (number: 0 | 1) => ({
    ...(effects[number] && { removal_effects: showEffects(effects[number]) }),
    ...(plan.credits && { uncredited: uncreditedOf(total[`uncredited_${number}`] as number[]) }),
    currencies_left_out: total[`currencies_${number}`] as string[],
  })
  return {
    columns: plan.columns,
    rows,
    totals,
    meta: {
      site: query.site,
      from: query.from,
      to: query.to,
      date: query.date,
      timezone: site.timezone,
      currency: site.currency,
      attribution: main.terms,
      rows_total: plan.dimensions.length > 0 ? Number(total.places) : 1,
      ...side(0),
      notes: plan.notes,
      ...(query.compare &&
        compared && {
          compare: {
            from: query.compare.from ?? query.from,
            to: query.compare.to ?? query.to,
            attribution: compared.terms,
            ...side(1),
          },
        }),
    },
  }
}

function cellsOf(
  row: SqlRow,
  names: readonly string[],
  dimensions: readonly WantedDimension[],
  money: ReadonlySet<string>,
): Record<string, Cell> {
  return Object.fromEntries([
    ...dimensions.map(({ name, alias }) => [name, row[alias] as Cell]),
    ...names.map((name) => [name, money.has(name) ? moneyText(row[name] as string | null) : (row[name] as Cell)]),
  ])
}

function uncreditedOf(sums: readonly number[]): Uncredited {
  const share = (at: number) => (sums[at + 1] ? round((sums[at] as number) / (sums[at + 1] as number)) : null)
  return { leads: share(0), deals: share(2), revenue: share(4) }
}

function round(value: number): number {
  return Math.round(value * 1e6) / 1e6
}
