import { join } from 'node:path'
import { findLogs, type InspectedLog, inspectLog } from '#ingest/log/inspect-log.ts'
import type { Config } from '../config.ts'
import { type Check, fault, ok, size, span, warning } from './check.ts'

/** A fact reaches ClickHouse within a second or so; after this somebody should look. */
const OLD_MS = 60_000
const NEARLY_FULL = 0.8

export interface LogCheck {
  checks: Check[]
  bytes: number
}

/** The logs as they stand on the disk: they can be looked at whether a service runs or not. */
export async function checkLogs(config: Config, isRunning: boolean, now_ms: number): Promise<LogCheck> {
  const dirs = await findLogs(join(config.DATA_DIR, 'ingest'))
  const logs = await Promise.all(dirs.map(inspectLog))
  const checks = logs.flatMap((log) => checkLog(log, isRunning, now_ms))
  const files = logs.flatMap(({ segments }) => segments.flatMap((segment) => segment.files))
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
  return { checks: [...checks, ...checkQuota(config, bytes)], bytes }
}

function checkLog({ dir, node, segments, damaged }: InspectedLog, isRunning: boolean, now_ms: number): Check[] {
  const name = `log ${node || dir}`
  const held = segments.filter(({ rows }) => rows > 0)
  const rows = held.reduce((sum, segment) => sum + segment.rows, 0)
  const spoilt = segments.filter(({ is_spoilt }) => is_spoilt)
  const checks: Check[] = []
  const oldest_ms = Math.min(...held.map(({ opened_at_ms }) => opened_at_ms))
  const says =
    held.length === 0
      ? 'empty: everything is in ClickHouse'
      : `${rows} rows in ${held.length} segments, the oldest ${span(now_ms - oldest_ms)} old`
  if (held.length > 0 && isRunning && now_ms - oldest_ms > OLD_MS) {
    checks.push(warning(name, says, 'ClickHouse does not take them: see what /readyz and the log of the service say.'))
  } else if (held.length > 0 || spoilt.length === 0) {
    checks.push(ok(name, held.length > 0 && !isRunning ? `${says}; they land after the next start` : says))
  }
  if (spoilt.length > 0) {
    const fix = `Check the disk. The next start mends what it can, and keeps what it cannot in ${join(dir, 'damaged')}.`
    checks.push(warning(name, `${spoilt.length} segments hold accepted rows that were spoilt on the disk`, fix))
  }
  const torn = segments.filter((segment) => segment.uncommitted_bytes > 0 && !segment.is_spoilt)
  // While a service runs, that is what is being written.
  if (!isRunning && torn.length > 0) {
    checks.push(
      ok(name, `${torn.length} segments end in a write that was broken off and never answered; a start cuts it off`),
    )
  }
  if (damaged.length > 0) {
    const fix = `Look into ${join(dir, 'damaged')}: accepted rows were spoilt on the disk. Check the disk; delete the files when done.`
    checks.push(warning(name, `${damaged.length} files were kept because of damage`, fix))
  }
  return checks
}

function checkQuota({ LOG_QUOTA_BYTES }: Config, bytes: number): Check[] {
  const says = `${size(bytes)} of ${size(LOG_QUOTA_BYTES)}`
  const fix = 'Bring ClickHouse back, or raise LOG_QUOTA_BYTES.'
  if (bytes >= LOG_QUOTA_BYTES) return [fault('log quota', `${says}: facts are refused`, fix)]
  if (bytes > NEARLY_FULL * LOG_QUOTA_BYTES) return [warning('log quota', says, fix)]
  return [ok('log quota', says)]
}
