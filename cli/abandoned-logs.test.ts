import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { openShardedLog } from '#ingest/log/sharded-log.ts'
import { drainAbandonedLogs } from './abandoned-logs.ts'

let dir: string

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'throughline-abandoned-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

const log = pino({ level: 'silent' })

test('the empty log of a former worker goes, but for spoilt rows that any of its shards has set aside', async () => {
  const kept = ['log-3/damaged/events-1.rows', 'log-4/shard-2/damaged/events-1.rows']
  for (const file of [...kept, 'log-1/settings.json', 'log-2/settings.json']) {
    await mkdir(dirname(join(dir, file)), { recursive: true })
    await writeFile(join(dir, file), 'text')
  }
  const abandoned = await drainAbandonedLogs({
    dir,
    workers: 1,
    log,
    open: (folder, metrics) =>
      openShardedLog({
        dir: join(dir, folder),
        shards: [() => undefined, () => undefined],
        quota_bytes: 1024 ** 2,
        now: Date.now,
        metrics,
        log,
      }),
  })
  await vi.waitFor(() => expect(abandoned.status()).toEqual([]), { timeout: 15_000 })
  await abandoned.close()
  expect(existsSync(join(dir, 'log-2'))).toBe(false)
  for (const file of [...kept, 'log-1/settings.json']) expect([file, existsSync(join(dir, file))]).toEqual([file, true])
})
