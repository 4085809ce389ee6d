import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Registry } from 'prom-client'
import type { ByteText } from '#domain/byte-text.ts'
import { encodeRow } from '#ingest/log/encode-row.ts'
import { openLog } from '#ingest/log/log.ts'
import { sampleEvent } from '#ingest/log/sample-event.ts'
import { openStore } from '#storage/client.ts'
import { startEngine } from '#storage/engine/start-engine.ts'
import { migrate } from '#storage/migrations/migrate.ts'
import { BROWSER } from './bodies.ts'

const root = join(import.meta.dirname, '../..')
/** About what a minute of bulk brings, so that as many merges are in it. */
const ROWS = 4_000_000
const GROUP = 1000

/** Segments that are written already, taken to ClickHouse with nothing else going on: rows a second. */
export async function measureReadySegments(): Promise<{ rows: number; segments: number; per_second: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'throughline-bench-'))
  const engine = await startEngine({ dir: join(folder, 'engine'), childScript: join(root, 'storage/engine/child.mjs') })
  const store = openStore({ ...engine, database: 'default' })
  await migrate(store, { folder: join(root, 'storage/migrations') })
  try {
    let isThere = false
    let segments = 0
    let done: () => void = () => {}
    const landed = new Promise<void>((resolve) => {
      done = resolve
    })
    const log = await openLog({
      dir: join(folder, 'log'),
      store: () => (isThere ? store : undefined),
      quota_bytes: 20 * 1024 ** 3,
      now: Date.now,
      metrics: new Registry(),
      log: { debug() {}, info() {}, warn() {}, error() {} },
      onLanded: () => {
        segments++
        if (log.status().bytes === 0) done()
      },
    })
    for (let first = 0; first < ROWS; first += GROUP) {
      const rows = Array.from({ length: GROUP }, (_, row) => readyRow(first + row))
      await log.append([{ table: 'events', rows }])
    }
    const started_ms = performance.now()
    isThere = true
    await landed
    const took_s = (performance.now() - started_ms) / 1000
    await log.close()
    const [found] = await store.query<{ rows: string }>('SELECT count() AS rows FROM events')
    if (Number(found?.rows) !== ROWS) throw new Error(`${found?.rows} of ${ROWS} rows are in ClickHouse`)
    return { rows: ROWS, segments, per_second: Math.round(ROWS / took_s) }
  } finally {
    await store.close()
    await engine.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

/** Like what the bulk bodies become. */
function readyRow(number: number): ByteText {
  const at = Date.now()
  return encodeRow(
    'events',
    sampleEvent({
      site: 'demo',
      id: `ready-${String(number).padStart(10, '0')}`,
      at,
      received_at: at,
      trusted: 1,
      visitor: `v${String(number % 5000).padStart(10, '0')}`,
      session: `s${String(number % 5000).padStart(10, '0')}`,
      ga: '2095662112.1674837243',
      ym: '1668581346714918248',
      url: `https://shop.example/catalog/item-${number % 700}?utm_source=yandex&utm_medium=cpc&utm_campaign=brand`,
      referrer: 'https://yandex.ru/',
      title: `Каталог, товар ${number % 700}`,
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
      ip: `91.77.${number % 250}.0`,
      user_agent: BROWSER,
    }),
  )
}
