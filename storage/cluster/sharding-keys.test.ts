import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { toByteText } from '#domain/byte-text.ts'
import { freshStore } from '#tests/support/fresh-store.ts'
import { factRow } from '#tests/support/matching-world.ts'
import { type FactTable, factTableNames } from '../fact-tables.ts'
import { shardOf, shardOfRow } from './shard-of.ts'
import { keyColumns, shardingKeySql, shardingKeys } from './sharding-keys.ts'

let store: Awaited<ReturnType<typeof freshStore>>

beforeAll(async () => {
  store = await freshStore()
})

afterAll(() => store.drop())

interface Table {
  name: string
  engine: string
  sorting_key: string
}

const tablesOf = (shard: Pick<typeof store, 'query'>) =>
  shard.query<Table>(
    "SELECT name, engine, sorting_key FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree'",
  )

describe('the sharding key', () => {
  test('is chosen for every table there is, and for none that is not', async () => {
    const names = (await tablesOf(store.shards[0] as typeof store)).map(({ name }) => name)
    expect(names.toSorted()).toEqual(Object.keys(shardingKeys).toSorted())
  })

  test('is part of the sort key where rows replace each other, so that all versions of a row meet', async () => {
    const replacing = (await tablesOf(store.shards[0] as typeof store)).filter(({ engine }) =>
      engine.includes('Replacing'),
    )
    expect(replacing.length).toBeGreaterThan(8)
    for (const { name, sorting_key } of replacing) {
      expect(sorting_key.split(', ')).toEqual(expect.arrayContaining([...keyColumns(name)]))
    }
  })

  test('never is the person, who may change', () => {
    expect(Object.values(shardingKeys).flat()).not.toContain('person')
  })

  test('of an unknown table is asked for by name', () => {
    expect(() => keyColumns('novelties')).toThrow('The table novelties has no sharding key')
  })
})

const text = fc.string({ unit: 'grapheme', maxLength: 30 })

/** Rows of a table with these texts in the columns of its key. */
function rowsOf(table: FactTable, values: readonly string[][]): Record<string, unknown>[] {
  const columns = keyColumns(table)
  return values.map((texts, index) => ({
    ...factRow(table, {}),
    ...Object.fromEntries(columns.map((column, at) => [column, texts[at]])),
    // Tells the rows apart in a column that is in no key.
    received_at: index,
  }))
}

test('the log and ClickHouse place a row on the same shard, whatever it says', async () => {
  let compared = 0
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(text, text), { minLength: 1, maxLength: 20 }), async (pairs) => {
      const found = await store.query<{ shard: number }>(
        `SELECT toUInt32(CRC32(concat(pair.1, '\\n', pair.2)) % 7) AS shard
         FROM (SELECT arrayJoin(arrayZip({a:Array(String)}, {b:Array(String)})) AS pair)`,
        { a: pairs.map(([a]) => a), b: pairs.map(([, b]) => b) },
      )
      expect(found.map(({ shard }) => shard)).toEqual(pairs.map((pair) => shardOf(pair, 7)))
      compared += found.length
    }),
    { numRuns: 20 },
  )
  expect(compared).toBeGreaterThan(20)
  expect(shardingKeySql('events')).toBe("CRC32(concat(`site`, '\\n', `visitor`))")
})

describe.each(factTableNames)('a row of %s', (table) => {
  test('is placed by its key alone, read from the text of the log', () => {
    const route = shardOfRow(table, 5)
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text), { minLength: 1, maxLength: 5 }), (pairs) => {
        for (const [index, row] of rowsOf(table, pairs).entries()) {
          const encoded = toByteText(JSON.stringify(Object.values(row)).slice(1))
          expect(route(encoded)).toBe(shardOf(pairs[index] as [string, string], 5))
        }
      }),
    )
  })
})
