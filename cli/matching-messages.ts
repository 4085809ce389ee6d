import type { Share } from '#domain/site-share.ts'
import type { MeetingPoint } from '#matching/rebuild/meeting.ts'
import type { RebuildReport } from '#matching/rebuild/rebuild.ts'
import type { MatchingStatus } from '#matching/service.ts'
import type { Connection } from './clickhouse.ts'

/** What a matching process is to do. */
export interface MatchingBegin {
  connection: Connection
  data_dir: string
  outbound_allow: string[]
  log_level: string
  /** All sites, when it is not said. */
  share?: Share
}

export interface RebuildRequest {
  site?: string
  check: boolean
}

/** What the service tells its matching process. */
export type ToMatching =
  | ({ say: 'begin' } & MatchingBegin)
  | { say: 'landed' }
  | ({ say: 'rebuild'; request: number; meeting?: { isLead: boolean } } & RebuildRequest)
  /** All who rebuild together are here. */
  | { say: 'met'; request: number; point: MeetingPoint }
  /** One of them never will be. */
  | { say: 'unmet'; request: number }
  /** What became of a rebuild of all sites that was asked for. */
  | { say: 'all rebuilt'; error?: string }
  | { say: 'measure'; request: number }
  | { say: 'close' }

/** What it answers. */
export type FromMatching =
  /** Its event loop turns. */
  | { say: 'beat' }
  | { say: 'status'; status: MatchingStatus }
  | { say: 'rebuilt'; request: number; report?: RebuildReport; error?: string }
  | { say: 'reached'; request: number; point: MeetingPoint }
  /** The history of all sites must be made anew. */
  | { say: 'rebuild all' }
  | { say: 'measured'; request: number; metrics: object[] }
