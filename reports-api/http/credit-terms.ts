import { z } from 'zod'
import { creditModels } from '#domain/credit.ts'
import { type Credit, settleCredit } from '#reports-api/registry/attribution-terms.ts'
import { HALF_LIFE_DAYS_MAX, HALF_LIFE_DAYS_MIN, weight } from '#reports-api/registry/report-query.ts'
import { Failure } from '#shell/failure.ts'

/** An attribution as it is asked for in a query string. */
export const creditTerms = {
  model: z
    .string()
    .max(64)
    .optional()
    .describe(`Attribution model: ${creditModels.join(', ')}`),
  lookback_days: z.coerce.number().int().min(1).max(3650).default(180),
  direct: z.enum(['true', 'false']).default('true').describe('Whether direct touches may get credit'),
  half_life_days: z.coerce
    .number()
    .min(HALF_LIFE_DAYS_MIN)
    .max(HALF_LIFE_DAYS_MAX)
    .optional()
    .describe('Of `time_decay`'),
  weights: z
    .string()
    .max(100)
    .regex(/^\d+(\.\d+)?(,\d+(\.\d+)?){2,3}$/, 'must be three or four numbers with commas between')
    .optional()
    .describe('Of `position_u` (`40,20,40`) and `position_w` (`30,30,30,10`)'),
}

type CreditTerms = z.output<z.ZodObject<typeof creditTerms>>

/** Checks what was asked against its model; a Failure names the field. */
export function creditOf(asked: CreditTerms & { model: string }): Credit {
  const { model, lookback_days, direct, half_life_days, weights } = asked
  if (model === '') throw new Failure('unknown_model', 'model: is empty.', { field: 'model' })
  const numbers = weights?.split(',').map(Number)
  const wrong = numbers && z.array(weight).safeParse(numbers).error
  if (wrong) throw new Failure('bad_request', `weights: ${wrong.issues[0]?.message}`, { field: 'weights' })
  return settleCredit(
    {
      ...{ model, lookback_days, direct: direct === 'true' },
      ...(half_life_days !== undefined && { half_life_days }),
      ...(numbers && { weights: numbers }),
    },
    '',
  )
}
