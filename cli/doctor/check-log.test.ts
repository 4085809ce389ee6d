import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { freshFolder } from '#ingest/log/open-test-log.ts'
import { createSegment } from '#ingest/log/segment-writer.ts'
import { readConfig } from '../config.ts'
import { checkLogs } from './check-log.ts'

test('rows that were accepted and spoilt on the disk are not taken for a write that nobody was told of', async () => {
  const { dir, remove } = await freshFolder()
  const log = join(dir, 'ingest', 'log')
  await mkdir(join(log, 'events'), { recursive: true })
  const open = await createSegment(log, 'events', { node: 'abc', segment: 1, opened_at_ms: 0 })
  await open.commit(Buffer.from('[0,"accepted"]\n'), 1, Uint32Array.of(1, 2))
  await open.close()
  const { path, bytes: end } = open.segment.files[0] as { path: string; bytes: number }
  const bytes = await readFile(path)
  bytes[end - 4] = (bytes[end - 4] as number) ^ 1
  await writeFile(path, bytes)
  const { checks } = await checkLogs(readConfig({ DATA_DIR: dir }), false, 60_000)
  expect(checks).toContainEqual(
    expect.objectContaining({ level: 'warning', says: expect.stringMatching(/1 segments.*spoilt/) }),
  )
  expect(checks.map(({ says }) => says).join()).not.toMatch(/never answered|empty/)
  await remove()
})
