import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openStore } from '#storage/client.ts'
import { residentMb } from '../support/neighbour.ts'
import {
  type Command,
  type RunningService,
  removeDataFolder,
  runCommand,
  runService,
  waitUntil,
} from '../support/running-service.ts'

const LINES = 200_000

let service: RunningService
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'throughline-import-'))
  service = await runService()
})
afterAll(async () => {
  await service?.stop()
  if (service) await removeDataFolder(service.dir)
  await rm(folder, { recursive: true, force: true })
})

function* batches(): Generator<Buffer> {
  for (let start = 0; start < LINES; start += 1000) {
    let text = ''
    for (let number = start; number < start + 1000; number++) {
      const at = new Date(Date.UTC(2025, 0, 1) + number * 60_000).toISOString()
      const url = `http://localhost/demo/${number % 100}?utm_source=yandex&utm_medium=cpc`
      text += `${JSON.stringify({ visitor: `v${number % 5000}`, events: [{ id: `im-${number}`, type: 'page', at, url }] })}\n`
    }
    yield Buffer.from(text)
  }
}

function runImport(file: string, more: string[] = []): Command {
  const command = [process.execPath, 'bin/throughline.mjs', 'import', file, ...more]
  return runCommand(command, { DATA_DIR: service.dir })
}

async function durableLines(id: string): Promise<number> {
  return (await service.api('GET', `/v1/imports/${id}`)).body.lines
}

test('a large import survives the death of the service, goes on by itself, and counts every line once', async () => {
  const file = join(folder, 'events.ndjson.gz')
  await pipeline(Readable.from(batches()), createGzip({ level: 1 }), createWriteStream(file))
  const before_mb = residentMb(service.pid)
  const command = runImport(file, ['--site', 'demo', '--id', 'year', '--json'])
  await waitUntil(async () => (await durableLines('year')) > 20_000, 60_000, command.output)
  const grown_mb = residentMb(service.pid) - before_mb
  await service.killAll()
  const { dir, url } = service
  service = await runService({ dir, port: Number(new URL(url).port) })
  let most_mb = 0
  const watching = setInterval(() => (most_mb = Math.max(most_mb, residentMb(service.pid))), 200)
  const { code } = await command.ended.finally(() => clearInterval(watching))
  expect([code, command.output()]).toMatchObject([0, expect.stringContaining(`"lines":${LINES}`)])
  expect(command.output()).toContain('lines are safe; going on in')
  expect(grown_mb).toBeLessThan(250)
  expect(most_mb).toBeGreaterThan(0)
  expect(most_mb - before_mb).toBeLessThan(250)

  const store = openStore((await service.control()).clickhouse)
  let counts: { rows: string; ids: string }[] = []
  await waitUntil(
    async () => {
      counts = await store.query("SELECT count() AS rows, uniqExact(id) AS ids FROM events WHERE startsWith(id, 'im-')")
      return Number(counts[0]?.ids) === LINES
    },
    60_000,
    () => `Of ${LINES} lines ${JSON.stringify(counts)} are there`,
  )
  await store.close()
  expect(counts).toEqual([{ rows: String(LINES), ids: String(LINES) }])

  // The same command once more finds nothing left to do.
  const again = runImport(file, ['--site', 'demo', '--id', 'year'])
  expect((await again.ended).code).toBe(0)
  expect(again.output()).toContain(`Import year: ${LINES} lines, ${LINES} events accepted, 0 refused`)
})

test.each([
  ['a file that is not there', ['/nowhere.ndjson'], 2, '/nowhere.ndjson cannot be read (ENOENT)'],
  ['a name that cannot be', ['package.json', '--id', 'a b'], 2, '--id: must be'],
  ['a file of something else', ['package.json', '--site', 'demo'], 1, 'Nothing was accepted'],
])('an import of %s fails and says why', async (_, args, code, text) => {
  const [file = '', ...more] = args
  const command = runImport(file, more)
  expect((await command.ended).code).toBe(code)
  expect(command.output()).toContain(text)
})
