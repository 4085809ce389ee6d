import { randomUUID } from 'node:crypto'
import { openStore } from '#storage/client.ts'
import { openTestLog } from './open-test-log.ts'
import { sampleLine } from './sample-event.ts'

// A process for tests to kill: appends events without end and prints the ids of those that were accepted.
const [dir, connection] = process.argv.slice(2) as [string, string]
const store = openStore(JSON.parse(connection))
const log = await openTestLog({ dir, store: () => store, lock_wait_ms: 10_000, limits: { rows_max: 500 } })
let written = Promise.resolve()

async function callForEver(): Promise<never> {
  for (;;) {
    const ids = Array.from({ length: 3 }, () => randomUUID())
    const names = ids.map((id) => `shop\n${id}`)
    await log.append([{ table: 'events', rows: ids.map((id) => sampleLine({ id })), ids: names }])
    // A kill must not find an id in this process that was accepted and could still be printed: order is enough.
    written = written.then(() => new Promise((done) => process.stdout.write(`${ids.join(' ')}\n`, () => done())))
    await written
  }
}

await Promise.all(Array.from({ length: 10 }, callForEver))
