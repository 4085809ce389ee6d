import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freshStore } from '#tests/support/fresh-store.ts'
import type { NativeBlock } from './read-native.ts'
import { type NativeColumn, type NativeType, writeNative } from './write-native.ts'

let store: Awaited<ReturnType<typeof freshStore>>

beforeAll(async () => {
  store = await freshStore()
})

afterAll(() => store.drop())

function rowsOf(blocks: readonly NativeBlock[]): unknown[][] {
  return blocks.flatMap(({ rows, columns }) =>
    Array.from({ length: rows }, (_, row) => columns.map((column) => column.at(row))),
  )
}

describe('an answer by column', () => {
  test('holds numbers, texts, and texts with a dictionary', async () => {
    const found = await store.columns(
      `SELECT toUInt8(number + 250) AS a, toUInt16(number) AS b, toUInt32(number * 1000000000) AS c, toInt32(-number) AS d,
         number / 4 AS e, arrayElement(['', 'plain', 'Привет', '\\0\\n'], number + 1) AS f,
         toLowCardinality(f) AS g, toLowCardinality('same') AS h FROM numbers(4) ORDER BY number`,
    )
    expect(rowsOf(found)).toEqual([
      [250, 0, 0, 0, 0, '', '', 'same'],
      [251, 1, 1_000_000_000, -1, 0.25, 'plain', 'plain', 'same'],
      [252, 2, 2_000_000_000, -2, 0.5, 'Привет', 'Привет', 'same'],
      [253, 3, 3_000_000_000, -3, 0.75, '\0\n', '\0\n', 'same'],
    ])
  })

  test('says what is null', async () => {
    const found = await store.columns(
      `SELECT if(number = 1, NULL, toFloat64(number)) AS a, if(number < 2, NULL, toString(number)) AS b,
         CAST(NULL, 'Nullable(String)') AS c FROM numbers(3) ORDER BY number`,
    )
    expect(rowsOf(found)).toEqual([
      [0, null, null],
      [null, null, null],
      [2, '2', null],
    ])
  })

  test('comes whole in many blocks, with long texts and large dictionaries', async () => {
    const found = await store.columns(
      `SELECT toUInt32(number) AS a, repeat('x', number % 400) AS b, toLowCardinality(toString(number % 700)) AS c
       FROM numbers(200000)`,
    )
    expect(found.length).toBeGreaterThan(1)
    const rows = rowsOf(found)
    expect(rows).toHaveLength(200_000)
    expect(rows.every(([a, b, c]) => (b as string).length === Number(a) % 400 && c === `${Number(a) % 700}`)).toBe(true)
  })

  test('may be empty', async () => {
    expect(
      await store.columns('SELECT toUInt8(1) AS a, toLowCardinality(toString(number)) AS b FROM numbers(0)'),
    ).toEqual([])
  })

  test('may be asked for with lists too long for an address', async () => {
    const keys = Array.from({ length: 12 }, (_, list) =>
      Array.from({ length: 4_000 }, (_, at) => `visitor-${list}-${at}`),
    )
    const names = keys.map((_, list) => `{k${list}:Array(String)}`)
    const params = Object.fromEntries(keys.map((some, list) => [`k${list}`, some]))
    const found = await store.columns(`SELECT toUInt32(length(arrayConcat(${names.join(', ')}))) AS n`, params)
    expect(rowsOf(found)).toEqual([[48_000]])
  })

  test('that fails midway fails, and says of what', async () => {
    const asked = store.columns(
      `SELECT throwIf(number = 300000) AS a, toString(number) AS b FROM numbers(400000) SETTINGS max_block_size = 1000`,
    )
    await expect(asked).rejects.toMatchObject({ code: '395', type: 'FUNCTION_THROW_IF_VALUE_IS_NON_ZERO' })
  })

  test('changes nothing', async () => {
    await expect(store.columns('INSERT INTO segments SELECT * FROM segments')).rejects.toThrow()
  })
})

describe('rows by column', () => {
  const long = 'ж'.repeat(1_000)
  const said: [NativeType, string, unknown[]][] = [
    ['String', 'LowCardinality(String)', ['', 'plain', 'Привет', `'"\\\n\0`, 'x'.repeat(64), 'x'.repeat(65), long]],
    ['Array(String)', 'Array(String)', [[], ['a'], ['', 'б', long], [], ['c', 'd'], [], ['e']]],
    [
      'Map(String, String)',
      'Map(LowCardinality(String), String)',
      [{}, { a: 'б' }, { a: '', c: long }, {}, {}, {}, {}],
    ],
    ['Float64', 'UInt64', [0, 1, 2 ** 53 - 1, 255, 65_536, 2 ** 32, 7]],
    ['Float64', 'Float64', [0, -1, 0.1, 1e300, -0.5, 2 ** 53, 1e-300]],
    ["DateTime64(3, 'UTC')", "DateTime64(3, 'UTC')", [0, 1, 1_790_000_000_123, -1, -1_790_000_000_123, 2 ** 32, 5]],
    ["Nullable(DateTime64(3, 'UTC'))", "Nullable(DateTime64(3, 'UTC'))", [null, 0, 1_790_000_000_123, null, 1, 2, 3]],
    ['Nullable(String)', 'Nullable(Decimal(18, 4))', [null, '0', '99999999999999.9999', '-1.5', null, '2', '3']],
  ]

  test.each(said)('of %s arrive in a column of %s', async (type, column, values) => {
    const rows = values.map((value, id) => ({ id, value }))
    await store.command('DROP TABLE IF EXISTS sent')
    await store.command(`CREATE TABLE sent (id UInt32, value ${column}) ENGINE = MergeTree ORDER BY id`)
    const columns: NativeColumn<{ id: number; value: unknown }>[] = [
      { name: 'id', type: 'Float64', valuesOf: (some) => some.map(({ id }) => id) },
      { name: 'value', type, valuesOf: (some) => some.map(({ value }) => value) },
    ]
    await store.insert('sent', rows, { columns })
    await store.insertBlocks('sent', columns, [writeNative(columns, rows), writeNative(columns, rows)])
    const read = column.includes('DateTime64') ? 'toFloat64(toUnixTimestamp64Milli(value))' : 'value'
    const text = column.includes('Decimal') ? `toString(${read})` : column === 'UInt64' ? `toFloat64(${read})` : read
    const found = await store.query<{ id: number; value: unknown }>(`SELECT id, ${text} AS value FROM sent ORDER BY id`)
    expect(found).toEqual(rows.flatMap((row) => [row, row, row]))
  })

  test('may be none', async () => {
    const columns = [{ name: 'node', type: 'String', valuesOf: () => [] }] as const
    await store.insert('segments', [], { columns })
    await store.insertBlocks('segments', columns, [])
    expect(await store.query('SELECT count() AS n FROM segments')).toEqual([{ n: '0' }])
  })
})
