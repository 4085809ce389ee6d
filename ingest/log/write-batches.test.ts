import { expect, test } from 'vitest'
import { toByteText } from '#domain/byte-text.ts'
import type { FactTable } from '#storage/fact-tables.ts'
import type { LogRepeats, Told } from './repeats.ts'
import type { TableLog } from './table-log.ts'
import { openBatchWrites } from './write-batches.ts'

test('a batch that fails at once is answered when those beside it have ended', async () => {
  let told: Told | undefined
  const events = { append: (_rows: unknown, _hashes: unknown, writer: Told) => (told = writer) }
  const repeats = {
    write: () => {
      throw new Error('no memory')
    },
  }
  const writes = openBatchWrites({
    node: 'n1',
    tables: new Map([['events', events as unknown as TableLog]]) as ReadonlyMap<FactTable, TableLog>,
    repeats: repeats as unknown as LogRepeats,
  })
  const rows = [toByteText('x')]
  let isOver = false
  const answer = writes.writeAll([
    { table: 'events', rows },
    { table: 'events', rows, ids: ['x'] },
  ])
  answer.catch(() => {}).finally(() => (isOver = true))
  await new Promise((done) => setImmediate(done))
  expect(isOver).toBe(false)
  told?.synced(1)
  await expect(answer).rejects.toThrow('no memory')
})
