import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { freshStore } from '#tests/support/fresh-store.ts'
import { freshFolder, openTestLog } from './open-test-log.ts'

let store: Awaited<ReturnType<typeof freshStore>>
let folder: Awaited<ReturnType<typeof freshFolder>>

beforeAll(async () => {
  store = await freshStore()
  folder = await freshFolder()
})
afterAll(async () => {
  await folder.remove()
  await store.drop()
})

const kills = 6

test('a process killed at random, again and again, loses and doubles nothing that it accepted', async () => {
  const accepted: string[] = []
  for (let i = 0; i < kills; i++) accepted.push(...(await runAndKill(1 + Math.floor(Math.random() * 600))))
  const log = await openTestLog({ dir: folder.dir, store: () => store, lock_wait_ms: 10_000 })
  await log.drained()
  const counts = await store.query<{ id: string; copies: string }>(
    'SELECT id, count() AS copies FROM events WHERE node = {node:String} GROUP BY id',
    { node: log.status().node },
  )
  await log.close()
  const copies = new Map(counts.map((row) => [row.id, Number(row.copies)]))
  expect(accepted.length).toBeGreaterThan(kills * 3)
  expect(accepted.filter((id) => copies.get(id) !== 1)).toEqual([])
  // Rows that were synced and not yet answered may be there too, once each.
  expect([...copies.values()].filter((count) => count !== 1)).toEqual([])
  const [named] = await store.query<{ rows: string }>('SELECT sum(rows) AS rows FROM segments FINAL')
  expect(Number(named?.rows)).toBe(copies.size)
}, 90_000)

/** Starts a process that appends for ever, kills it after so many answers, and gives back the accepted ids. */
async function runAndKill(answers: number): Promise<string[]> {
  const connection = JSON.stringify({ ...inject('engine'), database: store.database })
  const script = join(import.meta.dirname, 'log-process.ts')
  const child = spawn(process.execPath, ['--import', 'tsx', script, folder.dir, connection], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const accepted: string[] = []
  let lines = 0
  for await (const line of createInterface({ input: child.stdout })) {
    accepted.push(...line.split(' '))
    if (++lines === answers) child.kill('SIGKILL')
  }
  if (child.signalCode === null && child.exitCode === null) await once(child, 'exit')
  // A process that ended by itself would make the test find nothing.
  expect(child.signalCode).toBe('SIGKILL')
  return accepted
}
