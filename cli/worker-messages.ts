import type { RateReport } from '#ingest/http/address-rate.ts'
import type { LeaseNote, LeaseQuestion } from '#ingest/leases/remote-leases.ts'
import type { FromClaimBook, ToClaimBook } from '#ingest/log/claim-messages.ts'
import type { Connection } from './clickhouse.ts'
import type { FleetStatus } from './matching-fleet.ts'
import type { Role } from './start.ts'

/** Everything a worker needs to know beside the environment, which is the same for all processes. */
export interface WorkerBegin {
  slot: number
  roles: Role[]
  demo: boolean
  /** Of the repeat window. */
  window_key: string
  control_token: string
}

/** What a worker cannot see for itself. */
export interface SharedState {
  trouble: string | undefined
  /** Of each server of ClickHouse: whether its tables are up to date. */
  shards_ready: boolean[]
  /** What is wrong with other processes, and their logs, in words. */
  processes: string[]
  /** Undefined where matching has not been started yet, or runs elsewhere. */
  matching: FleetStatus | undefined
}

/** What the main process tells a worker. */
export type ToWorker =
  | { say: 'begin'; begin: WorkerBegin }
  | { say: 'connection'; connection: Connection }
  | { say: 'state'; state: SharedState }
  | { say: 'claims'; message: FromClaimBook }
  /** What the worker of another slot has counted. */
  | { say: 'rate'; slot: number; report: RateReport }
  /** Settings have changed: look now instead of at the next turn. */
  | { say: 'settings' }
  /** Take no more connections, finish the requests, end. */
  | { say: 'close'; requests_wait_ms: number }

/** What it asks: the figures of that process alone. */
export type AskWorker = { ask: 'metrics' } | { ask: 'log status' }

/** What a worker tells. */
export type FromWorker =
  /** It hears what is said from here on; what is said before is lost. */
  | { say: 'up' }
  | { say: 'listening' }
  /** `log`: because its log cannot be opened, by the name of the error. */
  | { say: 'cannot'; why: string; log?: string }
  /** Its event loop turns. */
  | { say: 'beat' }
  | { say: 'claims'; message: ToClaimBook }
  | { say: 'lease'; note: LeaseNote }
  | { say: 'landed' }
  | { say: 'rate'; report: RateReport }
  | { say: 'settings' }

/** What a worker asks: figures of all processes, and what is done in one place. */
export type AskMain =
  | { ask: 'lease'; question: LeaseQuestion }
  | { ask: 'sync window' }
  | { ask: 'rebuild'; options: { site?: string; check: boolean } }
  | { ask: 'metrics' }
  | { ask: 'log status' }
