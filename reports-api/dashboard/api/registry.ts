import { queryOptions } from '@tanstack/react-query'
import type { Unit } from '../format/numbers.ts'
import type { Language } from '../i18n/translate.ts'
import { callApi } from './call-api.ts'

/** A dimension or an attribution model as the registry describes it. */
export interface Described {
  id: string
  label: Record<Language, string>
  description: Record<Language, string>
}

export interface DescribedMetric extends Described {
  unit: Unit
  /** What it can be split and filtered by. */
  dimensions: string[]
}

/** What can be set of a model, beside look-back and direct. */
export interface ModelParameter {
  id: 'half_life_days' | 'weights'
  default: number | number[]
  /** What each of several numbers is for. */
  roles?: string[]
}

export interface DescribedModel extends Described {
  parameters: ModelParameter[]
}

export interface Registry {
  metrics: DescribedMetric[]
  dimensions: Described[]
  models: DescribedModel[]
}

/** What can be asked of reports. Also what a token is tried with: every reader may have it. */
export function fetchRegistry(options: { signal?: AbortSignal; token?: string }): Promise<Registry> {
  return callApi<Registry>('/v1/reports/registry', options)
}

export const registryQuery = queryOptions({
  queryKey: ['registry'],
  staleTime: Number.POSITIVE_INFINITY,
  queryFn: ({ signal }) => fetchRegistry({ signal }),
})
