import { Counter, type Registry } from 'prom-client'
import type { Logger } from './logger.ts'

export type ProcessPart = 'worker' | 'matching' | 'clickhouse'

/** What is told of processes of this service that do not run as they should. */
export interface ProcessReports {
  /** It ended by itself. */
  ended(part: ProcessPart, fields: object): void
  /** It runs, and is silent: it is killed now. */
  hung(part: ProcessPart, fields: object): void
}

const messages = {
  worker: { ended: 'a worker ended, starting it again', hung: 'a worker does not answer, killing it' },
  matching: { ended: 'matching ended, starting it again', hung: 'matching does not answer, killing it' },
  clickhouse: {
    ended: 'the embedded ClickHouse ended, starting it again',
    hung: 'the embedded ClickHouse neither answers nor does anything, killing it',
  },
} as const satisfies Record<ProcessPart, object>

export function openProcessReports(log: Logger, metrics?: Registry): ProcessReports {
  const ends = new Counter({
    name: 'throughline_processes_ended_total',
    help: 'Processes of this service that ended unasked, and those among them that hung and were killed for it',
    labelNames: ['part', 'why'] as const,
    registers: metrics ? [metrics] : [],
  })
  return {
    ended(part, fields) {
      ends.inc({ part, why: 'ended' })
      log.error(fields, messages[part].ended)
    },
    hung(part, fields) {
      ends.inc({ part, why: 'hung' })
      log.error(fields, messages[part].hung)
    },
  }
}
