import type { Attribution } from '../../api/reports.ts'

/** What of a model was set by hand. Absent members stand for the defaults. */
export type Terms = Omit<Attribution, 'model'>

/** The limits that the API sets; what is outside of them is dropped from an address. */
export const limits = {
  lookback_days: { min: 1, max: 3650, usual: 180 },
  half_life_days: { min: 0.01, max: 3650 },
  weight: { min: 0, max: 10_000 },
} as const

/** Terms as an address has them; undefined when it sets nothing that makes sense. */
export function readTerms(raw: unknown): Terms | undefined {
  if (typeof raw !== 'object' || raw === null) return undefined
  const { lookback_days, direct, half_life_days, weights } = raw as Record<string, unknown>
  const terms: Terms = {}
  const { usual } = limits.lookback_days
  if (isWithin(lookback_days, limits.lookback_days) && Number.isInteger(lookback_days) && lookback_days !== usual) {
    terms.lookback_days = lookback_days
  }
  if (direct === false) terms.direct = false
  if (isWithin(half_life_days, limits.half_life_days)) terms.half_life_days = half_life_days
  if (isWeights(weights)) terms.weights = weights
  return Object.keys(terms).length > 0 ? terms : undefined
}

/** A model with its terms. */
export function readAttribution(raw: unknown): Attribution | undefined {
  const { model } = (raw ?? {}) as { model?: unknown }
  return typeof model === 'string' && /^[a-z_]{1,50}$/.test(model) ? { model, ...readTerms(raw) } : undefined
}

/** The terms that mean the same to every model: those of one are refused by another. */
export function sharedTerms({ lookback_days, direct }: Terms): Terms {
  return { ...(lookback_days !== undefined && { lookback_days }), ...(direct !== undefined && { direct }) }
}

function isWeights(value: unknown): value is number[] {
  return (
    Array.isArray(value) &&
    (value.length === 3 || value.length === 4) &&
    value.every((one) => isWithin(one, limits.weight)) &&
    value.some((one) => one >= 0.0001)
  )
}

function isWithin(value: unknown, { min, max }: { min: number; max: number }): value is number {
  return typeof value === 'number' && value >= min && value <= max
}
