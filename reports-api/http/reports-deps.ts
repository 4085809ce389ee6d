import type { Clock } from '#shell/clock.ts'
import type { Store } from '#storage/client.ts'
import type { WritableSettings } from '#storage/settings/settings.ts'
import type { PositionGate } from './position-gate.ts'
import type { Reader } from './reader.ts'

/** What the durable log tells of itself. */
export interface LogStatus {
  node: string
  bytes: number
  oldest_ms: number | null
  segments_waiting: number
  last_flush_error: string | null
  full: boolean
}

export interface ReportsOptions {
  /** Undefined, or a throw, while ClickHouse is away. */
  store: () => Store | undefined
  settings: WritableSettings
  /** Left out where ingest runs elsewhere. */
  log_status?: () => LogStatus | Promise<LogStatus>
  /** Whatever matching tells of itself; left out where it runs elsewhere. */
  matching_status?: () => object | undefined
  now: Clock
  mintSecret(): string
  hashSecret(secret: string): string
}

/** What every file of routes here gets. */
export interface ReportsDeps extends ReportsOptions {
  reader: Reader
  gate: PositionGate
}
