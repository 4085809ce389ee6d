import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest'
import { openStore } from '#storage/client.ts'
import { factTables } from '#storage/fact-tables.ts'
import { freshStore, migrationsFolder, truncate } from '#tests/support/fresh-store.ts'
import { migrate, readMigrations } from './migrate.ts'

let store: Awaited<ReturnType<typeof freshStore>>
let folder: string

beforeAll(async () => {
  store = await freshStore()
})

afterAll(() => store.drop())

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'throughline-migrations-'))
})

afterEach(() => rm(folder, { recursive: true }))

describe('migrations', () => {
  test('run once', async () => {
    expect(await migrate(store, { folder: migrationsFolder })).toEqual([])
  })

  test('are safe to run twice', async () => {
    const before = await tables()
    await truncate(store, 'migrations')
    expect((await migrate(store, { folder: migrationsFolder })).length).toBeGreaterThan(4)
    expect(await tables()).toEqual(before)
    expect(before.length).toBeGreaterThan(20)
  })

  test('may be run by two services at the same moment', async () => {
    await truncate(store, 'migrations')
    const ran = await Promise.all([1, 2, 3].map(() => migrate(store, { folder: migrationsFolder })))
    expect(ran.flat().length).toBeGreaterThan(4)
    expect(await migrate(store, { folder: migrationsFolder })).toEqual([])
  })

  test('are only named when asked for', async () => {
    await writeFile(join(folder, '9001_dry.sql'), 'CREATE TABLE dry (a UInt8) ENGINE = Memory;\n')
    expect(await migrate(store, { folder, dry: true })).toEqual(['9001_dry'])
    const nowhere = openStore({ ...inject('engine'), database: 'nowhere' })
    expect(await migrate(nowhere, { folder, dry: true })).toContain('9001_dry')
    await nowhere.close()
    expect(await tables()).not.toContainEqual(expect.objectContaining({ name: 'dry' }))
    expect(await migrate(store, { folder, dry: true })).toEqual(['9001_dry'])
  })

  test('name the file and the statement that fails, and go on from there when it is mended', async () => {
    await writeFile(
      join(folder, '9002_good.sql'),
      '-- Fine.\nCREATE TABLE IF NOT EXISTS good (a UInt8) ENGINE = Memory;\n',
    )
    await writeFile(join(folder, '9003_bad.sql'), 'SELECT 1;\nSELECT nonsense;\n')
    await expect(migrate(store, { folder })).rejects.toThrow('Migration 9003_bad failed in its statement 2 of 2.')
    await writeFile(join(folder, '9003_bad.sql'), 'SELECT 1;\n')
    expect(await migrate(store, { folder })).toEqual(['9003_bad'])
  })

  test('are not looked for in a folder that has none', async () => {
    await expect(migrate(store, { folder })).rejects.toThrow('There are no migrations')
  })

  test('have numbers of their own and say first what they change', async () => {
    const files = await readMigrations(migrationsFolder)
    expect(files.map(({ number }) => number)).toEqual(files.map((_, index) => index + 1))
    for (const { statements } of files) expect(statements.length).toBeGreaterThan(0)
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

function tables(): Promise<object[]> {
  return store.query(
    'SELECT name, create_table_query FROM system.tables WHERE database = currentDatabase() ORDER BY name',
  )
}
