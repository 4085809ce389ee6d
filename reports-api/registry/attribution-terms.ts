import { Failure } from '#shell/failure.ts'
import type { Params } from '#storage/client.ts'
import { findModel, type Model } from './models.ts'
import type { Attribution } from './report-query.ts'

/** An attribution as it is used: checked, with the defaults of its model filled in. */
export interface AttributionTerms {
  model: string
  lookback_days: number
  direct: boolean
  half_life_days?: number
  weights?: readonly number[]
}

export interface Credit {
  model: Model
  terms: AttributionTerms
}

/** Checks an attribution against its model; a Failure names the field, which begins with `where`. */
export function settleCredit(asked: Attribution, where: string): Credit {
  const { model: name, lookback_days, direct, half_life_days, weights } = asked
  const model = findModel(name)
  if (!model) {
    throw new Failure('unknown_model', `There is no attribution model "${name}".`, { field: `${where}model` })
  }
  const refuse = (field: string, why: string) =>
    new Failure('bad_request', `${where}${field}: ${why}`, { field: `${where}${field}` })
  if (half_life_days !== undefined && model.half_life_days === undefined) {
    throw refuse('half_life_days', `means nothing to the model ${name}`)
  }
  if (weights !== undefined && model.weights === undefined) {
    throw refuse('weights', `means nothing to the model ${name}`)
  }
  if (weights !== undefined && weights.length !== model.roles?.length) {
    throw refuse('weights', `${name} needs ${model.roles?.length} numbers: ${model.roles?.join(', ')}`)
  }
  if (weights?.every((weight) => Math.round(weight * WEIGHT_SCALE) === 0)) {
    throw refuse('weights', 'one must be more than nothing')
  }
  const half_life = half_life_days ?? model.half_life_days
  const shares = weights ?? model.weights
  return {
    model,
    terms: {
      model: name,
      lookback_days,
      direct,
      ...(half_life !== undefined && { half_life_days: half_life }),
      ...(shares !== undefined && { weights: shares }),
    },
  }
}

/** Weights are bound as whole numbers: four decimals of each count. */
const WEIGHT_SCALE = 10_000

/** What every statement under these terms has bound (models.ts). */
export function termParams({ lookback_days, direct, half_life_days, weights }: AttributionTerms): Params {
  return {
    lookback_days,
    direct: Number(direct),
    ...(half_life_days !== undefined && { half_life_days }),
    ...(weights !== undefined && { weights: weights.map((weight) => Math.round(weight * WEIGHT_SCALE)) }),
  }
}

/** The same under names of their own, for a statement that gives credit twice. */
export function prefixed(params: Params, prefix: string): Params {
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [prefix + name, value]))
}
