import { Failure } from '#shell/failure.ts'
import type { Store } from '#storage/client.ts'
import { type AssociatedRow, runAssociated } from './associated.ts'
import { type AttributionTerms, type Credit, settleCredit } from './attribution-terms.ts'
import { dimensionOf, type KnownFilter, knownFilters, touchConditions } from './filters.ts'
import { type AxisValue, adder, type Layout, layMatrix, type Values } from './lay-matrix.ts'
import type { MatrixQuery } from './matrix-query.ts'
import { measure } from './measures.ts'
import { findMetric, metrics } from './metrics.ts'
import { checkPeriod, type SiteTerms } from './plan-report.ts'
import {
  type EffectsByKind,
  journeysOf,
  readRemovalEffects,
  type ShownEffects,
  showEffects,
} from './removal-effects-query.ts'
import { type Column, reportColumns, type WantedMetric } from './report-columns.ts'
import { ReportQuery } from './report-query.ts'
import { runReport } from './run-report.ts'

/** How the value of an axis is asked for among the rows behind a cell (`POST /v1/reports/rows`). */
interface AxisFilter {
  dimension: string
  op: 'is' | 'on_path'
}

export interface MatrixAnswer extends Layout<AxisValue<string> | AssociatedRow> {
  metrics: Column[]
  totals: { total: Values } & Partial<Record<'uncredited' | 'assisted' | 'same' | 'other' | 'unknown', Values>>
  /** Both filters together give the rows behind a cell; `nobody` is the filter of a column without a value. */
  behind: { row: AxisFilter; column: AxisFilter; nobody?: { dimension: string; op: 'is'; values: string[] } }
  meta: {
    site: string
    from: string
    to: string
    date: 'created' | 'closed'
    timezone: string
    currency: string
    kind: MatrixQuery['kind']
    by: string
    attribution: AttributionTerms
    removal_effects?: Record<keyof EffectsByKind, ShownEffects>
    currencies_left_out: string[]
  }
}

const usual = ['leads', 'deals_won', 'revenue']

/** Who assists whom, or what people came for and what they bought, as a matrix. */
export async function runMatrix(
  store: Pick<Store, 'query'>,
  query: MatrixQuery,
  site: SiteTerms,
): Promise<MatrixAnswer> {
  checkPeriod(query.from, query.to, 'to')
  const wanted = wantedMetrics(query.metrics ?? usual)
  const credit = settleCredit(query.attribution, 'attribution.')
  const about = { query, site, wanted, credit }
  return query.kind === 'associated' ? associated(store, about) : cannibalisation(store, about)
}

interface About {
  query: MatrixQuery
  site: SiteTerms
  wanted: WantedMetric[]
  credit: Credit
}

async function associated(store: Pick<Store, 'query'>, { query, site, wanted, credit }: About): Promise<MatrixAnswer> {
  const by = query.by ?? 'channel'
  const known = dimensionOf(by, 'by')
  if (known.of_conversion || known.on.touchpoints === undefined) {
    throw new Failure('bad_request', `by: ${by} does not tell one touch of a path from another.`, { field: 'by' })
  }
  const filters = knownFilters(query.filters)
  refuseTouchFilters(filters)
  const effects = await readRemovalEffects(store, credit, journeysOf(query, site.timezone))
  const { totals, currencies_left_out, ...laid } = await runAssociated(store, {
    ...{ site: query.site, from: query.from, to: query.to, closed: query.date === 'closed', limit: query.limit },
    ...{ metrics: wanted, by: { name: by, known }, filters, credit, effects, terms: site },
  })
  return {
    metrics: reportColumns([], wanted, false),
    ...laid,
    totals,
    behind: {
      row: { dimension: by, op: 'on_path' },
      column: { dimension: by, op: 'is' },
      nobody: { dimension: 'channel', op: 'is', values: ['uncredited'] },
    },
    meta: metaOf({ query, site, by, terms: credit.terms, currencies_left_out, effects }),
  }
}

/** Of a path that is cut, nobody can say who assisted whom. */
function refuseTouchFilters(filters: readonly KnownFilter[]): void {
  const index = filters.findIndex((filter) => touchConditions([filter]).ofTouch.length > 0)
  const one = filters[index]
  if (!one) return
  throw new Failure('bad_request', `${one.dimension} tells of single touches; only on_path leaves whole paths.`, {
    field: `filters.${index}.op`,
  })
}

/** Pairs of projects that a matrix is laid of: what one report may answer with. */
const REPORT_ROWS_MAX = 10_000

async function cannibalisation(store: Pick<Store, 'query'>, about: About): Promise<MatrixAnswer> {
  const { query, site, wanted, credit } = about
  if (query.by !== undefined && query.by !== 'project') {
    throw new Failure('bad_request', 'by: only projects can take from each other.', { field: 'by' })
  }
  const { kind: _, by: __, limit, ...scope } = query
  const names = wanted.map(({ name }) => name)
  const report = await runReport(
    store,
    ReportQuery.parse({ ...scope, metrics: names, dimensions: ['first_project', 'project'], limit: REPORT_ROWS_MAX }),
    site,
  )
  if (report.meta.rows_total > REPORT_ROWS_MAX) {
    throw new Failure('bad_request', 'There are too many pairs of projects in this period; filter some of them out.', {
      field: 'filters',
    })
  }
  const money = new Set(wanted.filter(({ known }) => known.type === 'money').map(({ name }) => name))
  const sum = adder({ metrics: names, money })
  const pairs = report.rows.map((row) => ({
    row: String(row.first_project),
    column: String(row.project),
    values: Object.fromEntries(names.map((name) => [name, row[name] ?? 0])),
  }))
  const sumWhere = (fits: (pair: { row: string; column: string }) => boolean) =>
    sum(pairs.filter(fits).map(({ values }) => values))
  const isKnown = ({ row, column }: { row: string; column: string }) => row !== '' && column !== ''
  return {
    metrics: reportColumns([], wanted, false),
    ...layMatrix(pairs, { metrics: names, money, limit }),
    totals: {
      total: sum(pairs.map(({ values }) => values)),
      same: sumWhere((pair) => isKnown(pair) && pair.row === pair.column),
      other: sumWhere((pair) => isKnown(pair) && pair.row !== pair.column),
      unknown: sumWhere((pair) => !isKnown(pair)),
    },
    behind: { row: { dimension: 'first_project', op: 'is' }, column: { dimension: 'project', op: 'is' } },
    meta: {
      ...metaOf({
        query,
        site,
        by: 'project',
        terms: credit.terms,
        currencies_left_out: report.meta.currencies_left_out,
      }),
      ...(report.meta.removal_effects && { removal_effects: report.meta.removal_effects }),
    },
  }
}

interface MetaOf {
  query: MatrixQuery
  site: SiteTerms
  by: string
  terms: AttributionTerms
  currencies_left_out: string[]
  effects?: EffectsByKind | undefined
}

function metaOf({ query, site, by, terms, currencies_left_out, effects }: MetaOf): MatrixAnswer['meta'] {
  return {
    ...{ site: query.site, from: query.from, to: query.to, date: query.date },
    ...{ timezone: site.timezone, currency: site.currency, kind: query.kind, by, attribution: terms },
    ...(effects && { removal_effects: showEffects(effects) }),
    currencies_left_out,
  }
}

/** Only what is shared by credit can be laid out: whole numbers of conversions, and money. */
function wantedMetrics(names: readonly string[]): WantedMetric[] {
  return [...new Set(names)].map((name, index) => {
    const known = findMetric(name)
    if (!known) throw new Failure('unknown_metric', `There is no metric "${name}".`, { field: `metrics.${index}` })
    if (!matrixMetrics.includes(name)) {
      throw new Failure('bad_request', `metrics: ${name} is not shared among touches.`, { field: `metrics.${index}` })
    }
    return { name, known }
  })
}

/** Metrics that a matrix can have: sums of credit. */
const matrixMetrics: readonly string[] = Object.entries(metrics)
  .filter(([, { uses }]) => uses.length === 1 && measure(uses[0]).source === 'touchpoints')
  .map(([name]) => name)
