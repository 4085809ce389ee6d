import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { factTables } from '#storage/fact-tables.ts'
import { freshStore, migrationsFolder } from '#tests/support/fresh-store.ts'
import { migrate } from './migrate.ts'

let store: Awaited<ReturnType<typeof freshStore>>

beforeAll(async () => {
  store = await freshStore()
})

afterAll(() => store.drop())

describe('migrations', () => {
  test('run once', async () => {
    expect(await migrate(store, { folder: migrationsFolder })).toEqual([])
  })

  test.each(Object.entries(factTables))('make the table %s as the log writes it', async (table, columns) => {
    const found = await store.query<{ name: string; type: string }>(
      'SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = {table:String} ORDER BY position',
      { table },
    )
    expect(found.slice(0, 3).map(({ name }) => name)).toEqual(['node', 'segment', 'row'])
    expect(Object.fromEntries(found.slice(3).map(({ name, type }) => [name, type]))).toEqual(columns)
    expect(found.slice(3).map(({ name }) => name)).toEqual(Object.keys(columns))
  })
})
