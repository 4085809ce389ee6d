import { afterAll, beforeAll } from 'vitest'
import type { Store } from '#storage/client.ts'
import { type EngineCluster, startCluster } from './engine-cluster.ts'
import { makeStore } from './fresh-store.ts'

/** Two servers with all tables for the tests of one file, and the store over both; there while the tests run. */
export function openClusterStore(database: string): { readonly cluster: EngineCluster; readonly store: Store } {
  let cluster: EngineCluster | undefined
  let store: Store | undefined
  beforeAll(async () => {
    cluster = await startCluster(2)
    const { name, urls, user, password } = cluster
    store = await makeStore({ url: urls[0] as string, user, password, database, cluster: { name, urls } })
  })
  afterAll(async () => {
    await store?.close()
    await cluster?.stop()
  })
  return {
    get cluster() {
      return cluster as EngineCluster // Tests run after it was started.
    },
    get store() {
      return store as Store
    },
  }
}
