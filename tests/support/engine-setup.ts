import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { startEngine } from '#storage/engine/start-engine.ts'
import { startCluster } from './engine-cluster.ts'

declare module 'vitest' {
  interface ProvidedContext {
    engine: { url: string; user: string; password: string; cluster?: { name: string; urls: string[] } }
  }
}

/** `TEST_SHARDS=2 npx vitest run --project code matching` runs tests on a cluster of so many shards instead. */
const shards = Number(process.env.TEST_SHARDS ?? 1)

/** One real ClickHouse for the whole run; each test file takes a database of its own (fresh-store.ts). */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  if (shards > 1) {
    const { urls, user, password, name, stop } = await startCluster(shards)
    project.provide('engine', { url: urls[0] as string, user, password, cluster: { name, urls } })
    return stop
  }
  const dir = await mkdtemp(join(tmpdir(), 'throughline-engine-'))
  const engine = await startEngine({ dir, childScript: join(import.meta.dirname, '../../storage/engine/child.mjs') })
  project.provide('engine', { url: engine.url, user: engine.user, password: engine.password })
  return async () => {
    await engine.stop()
    await rm(dir, { recursive: true, force: true })
  }
}
