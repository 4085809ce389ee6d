/**
 * How matching keeps pace: `npm run bench:matching-speed` (`-- --visits 50000` for a look). Facts are landed in a ClickHouse of the
 * run's own, and the built matching process reads them into the history until it rests.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { readLastStart } from '#matching/snapshot/keeping.ts'
import { openStore, type Store } from '#storage/client.ts'
import { type Engine, startEngine } from '#storage/engine/start-engine.ts'
import { migrate } from '#storage/migrations/migrate.ts'
import { buildService } from '../../ingest/build-service.ts'
import { checkHistory } from './check-history.ts'
import { measureFrom2xx } from './from-2xx.ts'
import { machine, measured, startMatchingUnderTest, untilRead } from './matching-under-test.ts'
import { measureMerge } from './merge.ts'
import { measureSteady } from './steady.ts'
import { documentsOf, landWorld, siteNames } from './world.ts'

const root = join(import.meta.dirname, '../../..')
const DATABASE = 'default'
/** To ask costs ClickHouse 7 ms. */
const BACKLOG_POLL_MS = 1_000

const { values: asked } = parseArgs({
  options: {
    visits: { type: 'string', default: '1000000' },
    steady: { type: 'string', default: '20' },
    // Visits are to one of so many sites, and as many processes may have one each.
    sites: { type: 'string', default: '1' },
    matchers: { type: 'string', default: '1' },
    // Seconds of posts to the service; 60 are what is promised.
    'from-2xx': { type: 'string', default: '60' },
    flags: { type: 'string', default: '' },
    'backlog-only': { type: 'boolean', default: false },
    // For looking into what it left behind.
    keep: { type: 'boolean', default: false },
  },
})

const sites = siteNames(Number(asked.sites))

async function run(): Promise<void> {
  buildService()
  const folder = await mkdtemp(join(tmpdir(), 'throughline-bench-'))
  const engine = await startEngine({ dir: join(folder, 'engine'), childScript: join(root, 'storage/engine/child.mjs') })
  const store = openStore({ ...engine, database: DATABASE, request_timeout_ms: 300_000 })
  try {
    await migrate(store, { folder: join(root, 'storage/migrations') })
    await store.insert(
      'settings',
      sites.flatMap((site) =>
        Object.entries(documentsOf(site)).map(([kind, document]) => ({
          ...{ kind, id: document.id, version: 1, body: JSON.stringify(document), is_deleted: 0, changed_by: 'bench' },
          changed_at: Date.now(),
        })),
      ),
    )
    await measureAll(store, engine, folder)
  } finally {
    await store.close()
    await engine.stop()
    if (!asked.keep) await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 500 })
  }
  if (!asked['backlog-only']) print('from_2xx', await measureFrom2xx(Number(asked['from-2xx'])))
}

async function measureAll(store: Store, engine: Engine, folder: string): Promise<void> {
  print('machine', { cores: cpus().length, cpu: machine() })
  const expected = await landWorld(store, Number(asked.visits), sites)
  const flags = asked.flags.split(' ').filter(Boolean)
  const start = () =>
    startMatchingUnderTest(Number(asked.matchers), { engine, database: DATABASE, data_dir: folder, flags })
  let matching = await start()
  const pids = () => ({ matching: matching.pids, clickhouse: engine.pid })
  const backlog = await measured(pids(), () => untilRead(store, BACKLOG_POLL_MS))
  const { identifiers, edges } = await matching.status(expected.facts)
  await checkHistory(store, expected)
  print('backlog', { ...backlog, facts: expected.facts, facts_per_s: Math.round(expected.facts / backlog.seconds) })
  if (asked['backlog-only']) return matching.close()
  const under = async (name: string, measure: () => Promise<object>) => {
    let found = {}
    const used = await measured(pids(), async () => {
      found = await measure()
    })
    print(name, { ...found, ...used })
  }
  await under('steady', () => measureSteady(store, matching, Number(asked.steady)))
  await under('merge', () => measureMerge(store, matching))
  await matching.close()
  const snapshots = join(folder, 'matching', 'snapshots')
  // Started anew, so that memory holds what is kept and nothing of the work: from what the stop has kept, and without it.
  for (const name of ['restart from a snapshot', 'restart from the tables']) {
    matching = await start()
    const restart = await measured(pids(), async () => void (await matching.status()))
    const took_ms = (await readLastStart(snapshots))?.took_ms ?? 0
    const us_per_identifier = Math.round((took_ms * 100_000) / identifiers) / 100
    print(name, { ...restart, memory_seconds: took_ms / 1000, us_per_identifier, identifiers, edges })
    await matching.close()
    await rm(snapshots, { recursive: true })
  }
}

function print(name: string, figures: object): void {
  process.stdout.write(`${name} ${JSON.stringify(figures, null, 2)}\n`)
}

await run()
