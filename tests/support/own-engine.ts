import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore, type Store } from '#storage/client.ts'
import { type Engine, startEngine } from '#storage/engine/start-engine.ts'
import { migrate } from '#storage/migrations/migrate.ts'
import { migrationsFolder } from './fresh-store.ts'

export interface OwnEngine {
  engine: Engine
  /** Straight to the engine. */
  store: Store
  database: string
  stop(): Promise<void>
}

/** A ClickHouse of a test's own, with all tables, to be starved and killed. */
export async function startOwnEngine(options: { memory_bytes?: number } = {}): Promise<OwnEngine> {
  const dir = await mkdtemp(join(tmpdir(), 'throughline-engine-'))
  const childScript = join(import.meta.dirname, '../../storage/engine/child.mjs')
  const engine = await startEngine({ dir, childScript, ...options })
  const database = 'facts'
  const first = openStore({ ...engine, database: 'default' })
  await first.command(`CREATE DATABASE ${database} ENGINE = Atomic`)
  await first.close()
  const store = openStore({ ...engine, database })
  await migrate(store, { folder: migrationsFolder })
  return {
    engine,
    store,
    database,
    async stop() {
      await store.close()
      await engine.stop()
      await rm(dir, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}
