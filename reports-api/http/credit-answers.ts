import { z } from 'zod'
import { uncreditedReasons } from '#reports-api/registry/uncredited.ts'

const text = z.string()
const moment = z.string().describe('ISO 8601 UTC')
const money = z.string().nullable().describe('A decimal string')
const words = z.object({ en: text, ru: text })
const weight = z.number().min(0).max(1)

/** Who is credited with one conversion. The weights of its steps and of what is uncredited add up to one. */
export const CreditAnswer = z.object({
  id: text,
  kind: z.enum(['lead', 'deal']),
  fact: z.enum(['lead', 'call', 'deal']),
  at: moment,
  value: money,
  currency: text,
  attribution: z.object({
    model: text,
    lookback_days: z.number(),
    direct: z.boolean(),
    half_life_days: z.number().optional(),
    weights: z.array(z.number()).optional(),
  }),
  explanation: words.describe('What the model does'),
  steps: z.array(
    z.object({
      position: z.number().describe('From 1, the oldest first'),
      at: moment,
      session: text.nullable().optional(),
      call: text.optional().describe('In place of the session, when the touch was a call to a static number'),
      ...{ channel: text, source: text, medium: text, campaign: text, content: text, term: text },
      counted: z.boolean().describe('Whether it may take credit: young enough, and no direct visit that is left out'),
      weight,
      credit: money,
      explanation: words.describe('Why it is credited so'),
    }),
  ),
  uncredited: z
    .object({ reason: z.enum(uncreditedReasons), explanation: words, weight, credit: money })
    .nullable()
    .describe('What no touch can be credited with'),
})
