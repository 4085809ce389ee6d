/**
 * How fast the log takes rows and lands them: `node --import tsx benchmarks/log/append.ts`.
 * Prints rows a second, CPU time of this process a row, and what reached ClickHouse.
 */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Registry } from 'prom-client'
import type { ByteText } from '#domain/byte-text.ts'
import { encodeRow } from '#ingest/log/encode-row.ts'
import { type Log, openLog } from '#ingest/log/log.ts'
import { sampleEvent } from '#ingest/log/sample-event.ts'
import type { Batch } from '#ingest/log/write-batches.ts'
import { openStore, type Store } from '#storage/client.ts'
import { startEngine } from '#storage/engine/start-engine.ts'
import { migrate } from '#storage/migrations/migrate.ts'

const root = join(import.meta.dirname, '../..')
const folder = await mkdtemp(join(tmpdir(), 'throughline-bench-'))
const engine = await startEngine({ dir: join(folder, 'engine'), childScript: join(root, 'storage/engine/child.mjs') })
const store = openStore({ ...engine, database: 'default' })
await migrate(store, { folder: join(root, 'storage/migrations') })

const seconds = 5
let opened = 0

await measureEncoding()
for (const withStore of [false, true]) {
  await measureAppends({ withStore, rows: 1, callers: 100, ids: false })
  await measureAppends({ withStore, rows: 1, callers: 100, ids: true })
  await measureAppends({ withStore, rows: 10, callers: 100, ids: true })
  await measureAppends({ withStore, rows: 1000, callers: 4, ids: true })
}
await measureLanding()
await measureOneRow()

await store.close()
await engine.stop()
await rm(folder, { recursive: true, force: true })

function event(id: number): ReturnType<typeof sampleEvent> {
  const now_ms = Date.now()
  return sampleEvent({
    id: `0190a5d-ac96-774b-bcce-${id}`,
    at: now_ms,
    received_at: now_ms,
    visitor: `visitor-${id % 5000}`,
    session: `session-${id % 9000}`,
    url: `https://shop.example/catalog/item-${id % 700}?utm_source=yandex&utm_medium=cpc&utm_campaign=brand`,
    referrer: 'https://yandex.ru/',
    title: `Каталог, товар ${id % 700}`,
    source: 'yandex',
    medium: 'cpc',
    campaign: 'brand',
    channel: 'paid_search',
    referrer_host: 'yandex.ru',
    device: 'desktop',
    browser: 'Chrome',
    os: 'Windows',
    country: 'RU',
    region: 'Moscow',
    city: 'Moscow',
    ip: '192.0.2.0',
    user_agent:
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
  })
}

async function openBenchLog(withStore: boolean, onLanded: (segment: number) => void = () => {}): Promise<Log> {
  const silent = { debug() {}, info() {}, warn() {}, error() {} }
  return openLog({
    dir: join(folder, `log-${opened++}`),
    store: (): Store | undefined => (withStore ? store : undefined),
    quota_bytes: 20 * 1024 ** 3,
    now: Date.now,
    metrics: new Registry(),
    log: silent,
    onLanded: (_, segment) => onLanded(segment),
    close_wait_ms: withStore ? 600_000 : 0,
  })
}

async function measureEncoding(): Promise<void> {
  const rows = Array.from({ length: 1000 }, (_, i) => event(i))
  const cpu = process.cpuUsage()
  for (let i = 0; i < 200; i++) for (const row of rows) encodeRow('events', row)
  const { user, system } = process.cpuUsage(cpu)
  print('encodeRow', { cpu_us_per_row: round((user + system) / 200_000) })
}

interface Load {
  withStore: boolean
  rows: number
  callers: number
  ids: boolean
}

async function measureAppends({ withStore, rows, callers, ids }: Load): Promise<void> {
  const lines = Array.from({ length: 1000 }, (_, i) => encodeRow('events', event(i)))
  const log = await openBenchLog(withStore)
  const waits_ms: number[] = []
  let next = 0
  const batch = (): Batch => {
    const texts = Array.from({ length: rows }, (_, i) => lines[(next + i) % 1000] as ByteText)
    const names = ids ? { ids: texts.map((_, i) => `shop\n0190a5d-ac96-774b-bcce-${next + i}`) } : {}
    next += rows
    return { table: 'events', rows: texts, ...names }
  }
  const cpu = process.cpuUsage()
  const started_ms = performance.now()
  const until_ms = started_ms + seconds * 1000
  async function call(): Promise<void> {
    while (performance.now() < until_ms) {
      const from_ms = performance.now()
      await log.append([batch()])
      waits_ms.push(performance.now() - from_ms)
    }
  }
  await Promise.all(Array.from({ length: callers }, call))
  const appended_s = (performance.now() - started_ms) / 1000
  const { user, system } = process.cpuUsage(cpu)
  const bytes = log.status().bytes
  await log.close()
  const all_s = (performance.now() - started_ms) / 1000
  waits_ms.sort((a, b) => a - b)
  print(`append ${rows} × ${callers} callers${ids ? ', ids' : ''}${withStore ? ', landing' : ''}`, {
    rows_per_s: round(next / appended_s),
    cpu_us_per_row: round((user + system) / next),
    p50_ms: round(waits_ms[waits_ms.length >> 1] ?? 0),
    p99_ms: round(waits_ms[Math.floor(waits_ms.length * 0.99)] ?? 0),
    ...(withStore && { landed_rows_per_s: round(next / all_s), log_mb_at_end: round(bytes / 1e6) }),
  })
}

/** Ready-made full segments, taken to ClickHouse by themselves. */
async function measureLanding(): Promise<void> {
  const rows = 1_000_000
  let isThere = false
  const segments: number[] = []
  let isDone: () => void = () => {}
  const done = new Promise<void>((resolve) => {
    isDone = resolve
  })
  const log = await openLog({
    dir: join(folder, 'landing'),
    store: () => (isThere ? store : undefined),
    quota_bytes: 20 * 1024 ** 3,
    now: Date.now,
    metrics: new Registry(),
    log: { debug() {}, info() {}, warn() {}, error() {} },
    onLanded: (_, segment) => {
      segments.push(segment)
      if (log.status().bytes === 0) isDone()
    },
  })
  for (let i = 0; i < rows; i += 1000)
    await log.append([
      { table: 'events', rows: Array.from({ length: 1000 }, (_, j) => encodeRow('events', event(i + j))) },
    ])
  const mb = log.status().bytes / 1e6
  const cpu = process.cpuUsage()
  const started_ms = performance.now()
  isThere = true
  await done
  const took_s = (performance.now() - started_ms) / 1000
  const { user, system } = process.cpuUsage(cpu)
  await log.close()
  print(`landing ${rows} ready rows`, {
    rows_per_s: round(rows / took_s),
    mb_per_s: round(mb / took_s),
    segments: segments.length,
    cpu_us_per_row: round((user + system) / rows),
  })
}

/** From the append of one row to its landing, with nothing else to do. */
async function measureOneRow(): Promise<void> {
  const appended_ms: number[] = []
  const landed_ms: number[] = []
  let wake: () => void = () => {}
  const log = await openBenchLog(true, () => wake())
  for (let i = 0; i < 20; i++) {
    const landing = new Promise<void>((resolve) => {
      wake = resolve
    })
    const from_ms = performance.now()
    await log.append([{ table: 'events', rows: [encodeRow('events', event(i))] }])
    appended_ms.push(performance.now() - from_ms)
    await landing
    landed_ms.push(performance.now() - from_ms)
  }
  await log.close()
  const median = (list: number[]) => round(list.toSorted((a, b) => a - b)[list.length >> 1] ?? 0)
  print('one row, idle', { appended_ms: median(appended_ms), landed_ms: median(landed_ms) })
}

function print(name: string, figures: Record<string, number>): void {
  console.log(name.padEnd(40), JSON.stringify(figures), `rss ${round(process.memoryUsage.rss() / 1e6)} MB`)
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
