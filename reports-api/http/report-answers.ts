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

export const ReportAnswer = z.object({
  columns: z.array(
    z.object({
      name: z.string(),
      kind: z.enum(['dimension', 'metric']),
      type: z.enum(['string', 'date', 'number', 'money']),
      unit: z.enum(['count', 'money', 'share', 'percent', 'ratio', 'days']).optional(),
      label: words,
    }),
  ),
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
