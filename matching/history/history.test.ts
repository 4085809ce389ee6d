import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freshStore } from '#tests/support/fresh-store.ts'
import { START_MS as T } from '#tests/support/matching-world.ts'
import { openHistory } from './history.ts'
import { type HistoryRow, historyTables } from './history-tables.ts'

let store: Awaited<ReturnType<typeof freshStore>>
beforeAll(async () => {
  store = await freshStore()
})
afterAll(() => store.drop())

/** A row with nothing in it but its key. */
function row<Table extends 'identities' | 'sessions'>(table: Table, said: object): HistoryRow<Table> {
  const empty = { text: '', texts: [], map: {}, number: 0, instant: T, 'instant?': null, 'decimal?': null }
  const columns = Object.entries(historyTables[table].columns).map(([name, kind]) => [name, empty[kind]])
  return { ...Object.fromEntries(columns), site: 'shop', ...said } as HistoryRow<Table>
}

test('a write that fails is over when it is told: nothing of it lands later', async () => {
  let landed = false
  const slow = {
    ...store,
    async insert(...said: Parameters<typeof store.insert>) {
      if (said[0] === 'identities') throw new Error('gone')
      await pause(200)
      await store.insert(...said)
      landed = true
    },
  }
  const history = openHistory(slow, '')
  const nothing = { drop: [] }
  await history.write(
    {
      identities: { ...nothing, put: [row('identities', { kind: 'visitor', value: 'v1' })] },
      sessions: { ...nothing, put: [row('sessions', { id: 's1' })] },
    },
    1,
  )
  await expect(history.written()).rejects.toThrow('gone')
  expect(landed).toBe(true)
})
