import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Registry } from 'prom-client'
import { type Log, type LogOptions, openLog } from './log.ts'

/** A log for a test: its clock, metrics and lines are at hand, and `landed` resolves when a segment is in. */
export interface TestLog extends Log {
  metrics: Registry
  lines: { level: string; message: string; fields: Record<string, unknown> }[]
  /** Resolves when so many segments have landed since the start. */
  landed(count: number): Promise<void>
  /** Resolves when all that was taken is in ClickHouse. */
  drained(): Promise<void>
}

export const testNow_ms: number = Date.UTC(2026, 10, 21, 12)

export async function openTestLog(options: Partial<LogOptions> & Pick<LogOptions, 'dir'>): Promise<TestLog> {
  const lines: TestLog['lines'] = []
  const note = (level: string) => (fields: object, message: string) =>
    void lines.push({ level, message, fields: fields as Record<string, unknown> })
  const metrics = new Registry()
  let landedCount = 0
  const wake: (() => void)[] = []
  const log = await openLog({
    store: () => undefined,
    quota_bytes: 1024 ** 3,
    now: () => testNow_ms,
    metrics,
    log: { debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') },
    lock_wait_ms: 0,
    close_wait_ms: 0,
    min_free_bytes: 0,
    onLanded: () => {
      landedCount++
      for (const look of wake.splice(0)) look()
    },
    ...options,
  })
  const nextLanding = () => new Promise<void>((look) => wake.push(look))
  return {
    ...log,
    metrics,
    lines,
    async landed(count) {
      while (landedCount < count) await nextLanding()
    },
    async drained() {
      while (log.status().bytes > 0) await nextLanding()
    },
  }
}

/** An empty folder, removed with `remove`. */
export async function freshFolder(): Promise<{ dir: string; remove(): Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), 'throughline-log-'))
  return { dir, remove: () => rm(dir, { recursive: true, force: true }) }
}
