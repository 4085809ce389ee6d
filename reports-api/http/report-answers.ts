import { z } from 'zod'

const words = z.object({ en: z.string(), ru: z.string() })
const cell = z.union([z.string(), z.number()]).nullable()
const attribution = z.object({
  model: z.string(),
  lookback_days: z.number(),
  direct: z.boolean(),
  half_life_days: z.number().optional(),
  weights: z.array(z.number()).optional(),
})
const chain = z.object({
  conversion_rate: z.number().describe('Of all journeys'),
  channels: z.array(
    z.object({
      channel: z.string(),
      effect: z.number().describe('The share of conversions that would be lost without the channel'),
      share: z.number().describe('Its part of all effects'),
    }),
  ),
})
const removal_effects = z
  .object({ lead: chain, deal: chain })
  .optional()
  .describe('Of the model `markov`: within a path, credit is shared in proportion to the effects of its channels')
const uncredited = z
  .object({ leads: z.number().nullable(), deals: z.number().nullable(), revenue: z.number().nullable() })
  .describe('Shares that no touch can be credited with')

const columns = z.array(
  z.object({
    name: z.string(),
    kind: z.enum(['dimension', 'metric']),
    type: z.enum(['string', 'date', 'number', 'money']),
    unit: z.enum(['count', 'money', 'share', 'percent', 'ratio', 'days']).optional(),
    label: words,
  }),
)

export const ReportAnswer = z.object({
  columns,
  rows: z.array(z.record(z.string(), cell)).describe('By the names of the columns; money is a decimal string'),
  totals: z.record(z.string(), cell),
  meta: z.object({
    site: z.string(),
    from: z.string(),
    to: z.string(),
    date: z.enum(['created', 'closed']),
    timezone: z.string(),
    currency: z.string(),
    attribution,
    removal_effects,
    rows_total: z.number().describe('All rows there are, whatever limit and offset'),
    uncredited: uncredited.optional(),
    currencies_left_out: z.array(z.string()).describe('Their money is in none of the sums'),
    notes: z.array(z.string()),
    compare: z
      .object({
        from: z.string(),
        to: z.string(),
        attribution,
        removal_effects,
        uncredited: uncredited.optional(),
        currencies_left_out: z.array(z.string()),
      })
      .optional(),
  }),
})

export const RowsAnswer = z.object({
  columns: z.array(z.string()),
  rows: z.array(z.record(z.string(), z.unknown())),
  cursor: z.string().nullable().describe('Send it back for the rows that follow; null at the end'),
})

const values = z.record(z.string(), z.union([z.string(), z.number()]))
const shares = z.record(z.string(), z.number().nullable())
const axisFilter = z.object({ dimension: z.string(), op: z.enum(['is', 'on_path']) })

export const MatrixAnswer = z.object({
  metrics: columns,
  rows: z
    .array(
      z.object({
        value: z.string(),
        total: values.describe('Of `associated`: all that it took part in, which is `credited` and `assisted`'),
        credited: values.optional(),
        assisted: values.optional().describe('What it took part in and others are credited with'),
        assisted_first: values.optional().describe('Of that, where the path began with it'),
        assisted_middle: values.optional(),
        assisted_last: values.optional().describe('Of that, where the path ended with it'),
        assisted_per_credited: shares.optional().describe('assisted / credited; null over zero'),
      }),
    )
    .describe(
      'Of `associated`: who took part. Of `cannibalisation`: what people came for, empty where it is not known',
    ),
  columns: z
    .array(
      z.object({
        value: z.string().nullable().describe('Null for what nobody is credited with'),
        total: values,
      }),
    )
    .describe('Of `associated`: who is credited. Of `cannibalisation`: what they bought, empty where it is not known'),
  cells: z
    .array(
      z.object({
        row: z.string(),
        column: z.string().nullable(),
        values,
        share_of_row: shares.describe('Of the total of its row'),
        share_of_column: shares.describe('Of the total of its column'),
      }),
    )
    .describe('Those that are not empty'),
  rows_total: z.number().describe('All values there are, whatever the limit'),
  columns_total: z.number(),
  totals: z.object({
    total: values.describe('Of all conversions, whatever the limit'),
    uncredited: values.optional().describe('Of `associated`: what nobody is credited with'),
    assisted: values.optional().describe('Of `associated`: a conversion is in it once for each that assisted'),
    same: values.optional().describe('Of `cannibalisation`: bought what they came for'),
    other: values.optional().describe('Came for one project, and bought another'),
    unknown: values.optional().describe('Where one of the two is not known'),
  }),
  behind: z
    .object({
      row: axisFilter,
      column: axisFilter,
      nobody: z.object({ dimension: z.string(), op: z.literal('is'), values: z.array(z.string()) }).optional(),
    })
    .describe(
      'The filters that give the rows behind a cell (`POST /v1/reports/rows`), with the values of its row and column; ' +
        '`nobody` where the column has no value',
    ),
  meta: z.object({
    site: z.string(),
    from: z.string(),
    to: z.string(),
    date: z.enum(['created', 'closed']),
    timezone: z.string(),
    currency: z.string(),
    kind: z.enum(['associated', 'cannibalisation']),
    by: z.string(),
    attribution,
    removal_effects,
    currencies_left_out: z.array(z.string()).describe('Their money is in none of the sums'),
  }),
})

export const RegistryAnswer = z.object({
  metrics: z.array(
    z.object({
      id: z.string(),
      type: z.string(),
      unit: z.string(),
      label: words,
      description: words,
      tables: z.array(z.string()),
      dimensions: z.array(z.string()).describe('What it can be split and filtered by'),
      attributed: z.boolean().describe('Whether it depends on the attribution model'),
    }),
  ),
  dimensions: z.array(z.object({ id: z.string(), type: z.string(), label: words, description: words })),
  models: z.array(
    z.object({
      id: z.string(),
      label: words,
      description: words,
      parameters: z
        .array(
          z.object({
            id: z.enum(['half_life_days', 'weights']),
            default: z.union([z.number(), z.array(z.number())]),
            roles: z.array(z.string()).optional().describe('What each of several numbers is for'),
          }),
        )
        .describe('What can be set of the model, beside `lookback_days` and `direct`'),
    }),
  ),
})
