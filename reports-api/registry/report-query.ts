import { z } from 'zod'
import { creditModels, LOOKBACK_DAYS } from '#domain/credit.ts'

export const name = z.string().min(1).max(64)

export const Filter = z
  .strictObject({
    dimension: name,
    op: z.enum(['is', 'is_not', 'contains', 'in', 'on_path']),
    values: z
      .array(z.union([z.string().max(2000), z.number()]))
      .min(1)
      .max(1000)
      .describe(
        '`is` and `in`: one of them; `is_not`: none of them; `contains`: holds one of them, whatever the case; `on_path`: of ' +
          'leads and deals, some touch that may get credit has one of them, whoever gets the credit',
      ),
  })
  .meta({ id: 'ReportFilter' })

/** Of `time_decay`: from a quarter of an hour to ten years. */
export const HALF_LIFE_DAYS_MIN = 0.01
export const HALF_LIFE_DAYS_MAX = 3650

/** Of a role in a position model. */
export const weight = z.number().min(0).max(10_000)

export const Attribution = z.strictObject({
  model: name.default('last_non_direct').describe(`One of the models of the registry: ${creditModels.join(', ')}`),
  lookback_days: z
    .number()
    .int()
    .min(1)
    .max(3650)
    .default(LOOKBACK_DAYS)
    .describe('Touches older than this get no credit'),
  direct: z.boolean().default(true).describe('Whether direct touches may get credit at all'),
  half_life_days: z
    .number()
    .min(HALF_LIFE_DAYS_MIN)
    .max(HALF_LIFE_DAYS_MAX)
    .optional()
    .describe('Of `time_decay`: the age that halves the credit of a touch; 7 unless set'),
  weights: z
    .array(weight)
    .min(3)
    .max(4)
    .optional()
    .describe(
      'Of `position_u`: first, middle, last (40, 20, 40 unless set); of `position_w`: first, lead, deal, rest ' +
        '(30, 30, 30, 10). Only their proportions matter.',
    ),
})

const Compare = z
  .strictObject({
    attribution: Attribution.optional().describe('The same numbers under another model'),
    from: z.iso.date().optional(),
    to: z.iso.date().optional(),
  })
  .refine(({ from, to }) => (from === undefined) === (to === undefined), {
    message: 'needs both from and to',
    path: ['to'],
  })
  .refine(({ from, attribution }) => from !== undefined || attribution !== undefined, {
    message: 'needs attribution, or from and to',
  })
  .describe(
    'Another model, another period, or both. Rows and totals get `compare_METRIC` beside every METRIC. Days of the other ' +
      'period are laid over those of the first, so that a report by date stays one line a day.',
  )

const OrderBy = z.union([
  name.describe('A metric or dimension of the report; a minus in front for descending, as in -revenue'),
  z.strictObject({ by: name, direction: z.enum(['asc', 'desc']).default('asc') }),
])

export const scope = {
  site: z.string().min(1).max(64),
  from: z.iso.date().describe('First day, in the time zone of the site'),
  to: z.iso.date().describe('Last day, inclusive'),
  filters: z.array(Filter).max(50).default([]),
  attribution: Attribution.prefault({}),
  date: z
    .enum(['created', 'closed'])
    .default('created')
    .describe('Whether deals and revenue count on the day the deal was created, or the day it was closed'),
}

export const ReportQuery = z
  .strictObject({
    ...scope,
    metrics: z.array(name).min(1).max(50),
    dimensions: z.array(name).max(8).default([]),
    compare: Compare.optional(),
    order_by: z.union([OrderBy, z.array(OrderBy).max(8)]).optional(),
    limit: z.number().int().min(1).max(10_000).default(1000),
    offset: z.number().int().min(0).max(10_000_000).default(0),
  })
  .meta({ id: 'ReportQuery' })

export const RowsQuery = z
  .strictObject({
    ...scope,
    metric: name.describe('The metric whose rows are wanted; of a ratio, those of its numerator'),
    columns: z.array(name).min(1).max(60).optional(),
    limit: z.number().int().min(1).max(1000).default(100),
    cursor: z.string().max(2000).optional(),
  })
  .meta({ id: 'ReportRowsQuery' })

export type ReportQuery = z.output<typeof ReportQuery>
export type RowsQuery = z.output<typeof RowsQuery>
export type Filter = z.output<typeof Filter>
export type Attribution = z.output<typeof Attribution>
