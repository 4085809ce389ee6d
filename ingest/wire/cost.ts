import { z } from 'zod'
import { calendarDate, count, currency, money, optionalText, siteId, text } from './fields.ts'

/** What was spent on one day on one ad. */
export const Cost = z
  .object({
    site: siteId,
    date: calendarDate,
    source: text(200).refine((source) => source.trim() !== '', 'must not be empty'),
    medium: optionalText(200),
    campaign: optionalText(500),
    content: optionalText(500),
    term: optionalText(500),
    cost: money,
    currency: currency.nullish().describe("The site's when it is left out"),
    clicks: count.nullish(),
    impressions: count.nullish(),
  })
  .meta({
    id: 'Cost',
    description: 'What was spent on one day. Written again with the same date and tags, it replaces what was there.',
  })

export type Cost = z.output<typeof Cost>
