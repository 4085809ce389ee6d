import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import { freshFolder, openTestLog, type TestLog } from '#ingest/log/open-test-log.ts'
import { freshStore } from './fresh-store.ts'

/** A ClickHouse for the tests of one file, there while they run. */
export let store: Awaited<ReturnType<typeof freshStore>>
/** A folder for each of them. */
export let dir: string

let remove: () => Promise<void>
const logs: TestLog[] = []

/** To be called once by a file of tests, before the first of them. */
export function makeLogWorld(): void {
  beforeAll(async () => {
    store = await freshStore()
  })
  afterAll(() => store.drop())
  beforeEach(async () => {
    ;({ dir, remove } = await freshFolder())
  })
  afterEach(async () => {
    await Promise.all(logs.splice(0).map((log) => log.close()))
    await remove()
  })
}

/** A log in the folder, closed when the test is over. */
export async function openLogHere(options: Partial<Parameters<typeof openTestLog>[0]> = {}): Promise<TestLog> {
  const log = await openTestLog({ dir, store: () => store, ...options })
  logs.push(log)
  return log
}
