/**
 * How long a start of matching takes, from a snapshot and from the tables:
 * `node --import tsx benchmarks/matching/speed/restart.ts 1000000`.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RULES } from '#matching/rebuild/rules.ts'
import { readLastStart } from '#matching/snapshot/keeping.ts'
import { openStore, type Store } from '#storage/client.ts'
import { startEngine } from '#storage/engine/start-engine.ts'
import { migrate } from '#storage/migrations/migrate.ts'
import { buildService } from '../../ingest/build-service.ts'
import { machine, measured, startMatchingUnderTest } from './matching-under-test.ts'

const root = join(import.meta.dirname, '../../..')
const DATABASE = 'default'
const IDENTIFIERS = Number(process.argv[2] ?? 1_000_000)

/** A visitor with two visits and a client id: four identifiers, three edges. */
const OF_VISITOR = [
  { kind: 'session', value: "concat('s', lower(hex(sipHash64(number, 1))))" },
  { kind: 'session', value: "concat('s', lower(hex(sipHash64(number, 2))))" },
  { kind: 'ym', value: 'toString(1668581346000000000 + number)' },
]

async function fill(store: Store): Promise<void> {
  const visitors = Math.ceil(IDENTIFIERS / (OF_VISITOR.length + 1))
  for (const [index, { kind, value }] of OF_VISITOR.entries()) {
    await store.command(
      `INSERT INTO edges (site, a_kind, a_value, b_kind, b_value, fact, fact_id, at, received_at, node, segment, row, claimed,
         joins, reason, version)
       SELECT 'bench', 'visitor', concat('v', lower(hex(sipHash64(number)))), '${kind}', ${value}, 'event',
         concat('e', toString(${index}), lower(hex(sipHash64(number)))), at, at, 'bench', toUInt32(number / 200000),
         toUInt32(number % 200000), 1, 1, 'joined', 1
       FROM (SELECT number, fromUnixTimestamp64Milli(toInt64(1790000000000 + number), 'UTC') AS at
         FROM numbers({visitors:UInt64}))`,
      { visitors },
    )
  }
  await store.insert('matching_rules', [{ rules: RULES, state: 'done', at: Date.now() }])
}

async function run(): Promise<void> {
  buildService()
  const folder = await mkdtemp(join(tmpdir(), 'throughline-bench-'))
  const engine = await startEngine({ dir: join(folder, 'engine'), childScript: join(root, 'storage/engine/child.mjs') })
  const store = openStore({ ...engine, database: DATABASE, request_timeout_ms: 300_000 })
  const snapshots = join(folder, 'matching', 'snapshots')
  try {
    await migrate(store, { folder: join(root, 'storage/migrations') })
    await fill(store)
    print('machine', { cpu: machine() })
    for (const name of ['from the tables', 'from a snapshot']) {
      const matching = await startMatchingUnderTest(1, { engine, database: DATABASE, data_dir: folder })
      let identifiers = 0
      const used = await measured({ matching: matching.pids, clickhouse: engine.pid }, async () => {
        identifiers = (await matching.status()).identifiers
      })
      const { took_ms = 0, kept } = (await readLastStart(snapshots)) ?? {}
      const us_per_identifier = Math.round((took_ms * 100_000) / identifiers) / 100
      print(name, { ...used, memory_seconds: took_ms / 1000, us_per_identifier, kept, identifiers })
      const closing_ms = performance.now()
      await matching.close()
      print('stop', { seconds: Math.round(performance.now() - closing_ms) / 1000 })
    }
  } finally {
    await store.close()
    await engine.stop()
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 500 })
  }
}

function print(name: string, figures: object): void {
  process.stdout.write(`${name} ${JSON.stringify(figures, null, 2)}\n`)
}

await run()
