import type { Operation } from '../../api/operation.ts'

/** good: nothing to do. warn: nothing is lost, and somebody should look. bad: facts are refused. */
export type Level = 'good' | 'warn' | 'bad'

/** What ClickHouse would have to be asked for is not known while it is away, which is told once. */
export type ItemLevel = Level | 'unknown'

export const items = ['intake', 'clickhouse', 'age', 'size', 'flush', 'disk', 'history', 'quarantine'] as const

export type Item = (typeof items)[number]

/** A fact is in ClickHouse, and in history, within seconds: after this one should look. */
const LATE_MS = 60_000
const LOG_FULL_SHARE = 0.5
const DISK_LOW_TIMES = 2

/** What needs a look, and how urgently. */
export function judge(operation: Operation): Record<Item, ItemLevel> {
  const { clickhouse, log, disk, quarantine, matching } = operation
  return {
    intake: judgeIntake(operation),
    clickhouse: clickhouse.up ? 'good' : 'warn',
    age: log.age_ms > LATE_MS ? 'warn' : 'good',
    size: log.bytes > LOG_FULL_SHARE * log.quota_bytes ? 'warn' : 'good',
    flush: log.last_flush_error === null ? 'good' : 'warn',
    disk: judgeDisk(disk),
    history: judgeHistory(matching),
    quarantine: judgeQuarantine(quarantine),
  }
}

/** The worst of them. */
export function verdict(levels: Record<Item, ItemLevel>): Level {
  const found = Object.values(levels)
  if (found.includes('bad')) return 'bad'
  return found.includes('warn') ? 'warn' : 'good'
}

function judgeIntake({ log, intake_troubles }: Operation): ItemLevel {
  if (log.full) return 'bad'
  return intake_troubles.length > 0 ? 'warn' : 'good'
}

function judgeHistory(matching: Operation['matching']): ItemLevel {
  if (!matching) return 'unknown'
  if (!matching.running || matching.last_error !== null || (matching.lag_ms ?? 0) > LATE_MS) return 'warn'
  return matching.lag_ms === null ? 'unknown' : 'good'
}

/** Which of several matching processes do not run, while others do; as `2/3`. */
export function standingStill(matching: Operation['matching']): string[] {
  const processes = matching?.processes ?? []
  const still = processes.filter(({ running }) => !running)
  return still.length < processes.length ? still.map(({ share }) => share.replace(' of ', '/')) : []
}

function judgeQuarantine(quarantine: Operation['quarantine']): ItemLevel {
  if (!quarantine) return 'unknown'
  return quarantine.rows > 0 ? 'warn' : 'good'
}

function judgeDisk(disk: Operation['disk']): ItemLevel {
  if (!disk) return 'unknown'
  if (disk.free_bytes < disk.min_free_bytes) return 'bad'
  return disk.free_bytes < DISK_LOW_TIMES * disk.min_free_bytes ? 'warn' : 'good'
}
