import { queryOptions } from '@tanstack/react-query'
import { callApi } from './call-api.ts'

/** GET /v1/operation: how the installation is. */
export interface Operation {
  version: string
  started_at: string
  now: string
  clickhouse: { up: boolean; trouble: string | null }
  log: {
    bytes: number
    quota_bytes: number
    age_ms: number
    segments_waiting: number
    last_flush_error: string | null
    full: boolean
  }
  disk: { free_bytes: number; min_free_bytes: number } | null
  facts: { accepted: number; refused: { fact: string; reason: string; count: number }[] }
  /** In the words of the service. */
  intake_troubles: string[]
  quarantine: { rows: number; tables: { table: string; rows: number }[] } | null
  matching: {
    running: boolean
    last_error: string | null
    lag_ms: number | null
    positions: string[]
    /** Where several share the sites. */
    processes: { share: string; running: boolean; last_error: string | null }[]
  } | null
}

const LOOK_EVERY_MS = 3_000

export const operationQuery = queryOptions({
  queryKey: ['operation'],
  queryFn: ({ signal }) => callApi<Operation>('/v1/operation', { signal }),
  refetchInterval: LOOK_EVERY_MS,
  // The next look is soon enough.
  retry: false,
})
