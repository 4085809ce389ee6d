import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { freshStore } from '#tests/support/fresh-store.ts'
import { openStore } from './client.ts'
import { storeError } from './store-error.ts'

let store: Awaited<ReturnType<typeof freshStore>>

beforeAll(async () => {
  store = await freshStore()
  await store.command('CREATE TABLE texts (id UInt32, text String) ENGINE = MergeTree ORDER BY id')
})

afterAll(() => store.drop())

describe('a store', () => {
  test('answers with 64-bit integers and decimals as strings, and instants in ISO form', async () => {
    const rows = await store.query(
      `SELECT toUInt64(18446744073709551615) AS n, toDecimal64('1.50', 4) AS d,
        toDateTime64('2026-11-21 10:00:00.123', 3, 'UTC') AS at`,
    )
    expect(rows).toEqual([{ n: '18446744073709551615', d: '1.5', at: '2026-11-21T10:00:00.123Z' }])
  })

  test('binds values of any text', async () => {
    const text = `it's {x:String} "Привет" \\ \n`
    expect(await store.query('SELECT {text:String} AS text', { text })).toEqual([{ text }])
  })

  test('binds lists too long for an address', async () => {
    const ids = Array.from({ length: 8_000 }, (_, i) => `person-${i}`)
    expect(await store.query('SELECT length({ids:Array(String)}) AS n', { ids })).toEqual([{ n: '8000' }])
  })

  test('says so when one value is longer than ClickHouse takes', async () => {
    const error = await store.query('SELECT {text:String}', { text: 'x'.repeat(140_000) }).catch((e: unknown) => e)
    expect(storeError(error)).toEqual({ code: 1000, name: 'UNKNOWN' })
  })

  test('changes nothing through a query', async () => {
    const error = await store.query('TRUNCATE TABLE texts').catch((thrown: unknown) => thrown)
    expect(storeError(error)).toMatchObject({ name: 'READONLY' })
  })

  test('streams rows in groups', async () => {
    let seen = 0
    let groups = 0
    for await (const rows of store.stream('SELECT number FROM numbers(300000)')) {
      seen += rows.length
      groups++
    }
    expect(seen).toBe(300_000)
    expect(groups).toBeGreaterThan(1)
  })

  test('breaks off a stream that fails midway', async () => {
    let seen = 0
    const read = async () => {
      const sql = 'SELECT throwIf(number = 3000000) FROM numbers(4000000) SETTINGS max_threads = 1'
      for await (const rows of store.stream(sql)) seen += rows.length
    }
    const error = await read().catch((thrown: unknown) => thrown)
    expect(storeError(error)).toMatchObject({ name: 'FUNCTION_THROW_IF_VALUE_IS_NON_ZERO' })
    expect(seen).toBeLessThan(3_000_001)
  })
})

describe('raw bytes', () => {
  test('arrive untouched when letters are split over chunks', async () => {
    const text = 'Заявка с сайта: «Пётр», 5 € – 🚀'
    const line = Buffer.from(`${JSON.stringify([1, text])}\n`)
    const bytes = Array.from(line, (byte) => Buffer.from([byte]))
    await store.send('INSERT INTO texts FORMAT JSONCompactEachRow', Readable.from(bytes), { query_id: 'split' })
    expect(await store.query('SELECT text FROM texts WHERE id = 1')).toEqual([{ text }])
  })

  test('arrive untouched when there are a hundred megabytes of them', async () => {
    const hash = createHash('sha256')
    let sent = 0
    function* chunks() {
      for (let id = 2; sent < 100 * 1024 ** 2; id++) {
        const text = `${id} Ёж `.repeat(9_000)
        const line = Buffer.from(`${JSON.stringify([id, text])}\n`)
        hash.update(text)
        sent += line.length
        // Odd pieces, so that borders fall inside letters.
        for (let at = 0; at < line.length; at += 65_537) yield line.subarray(at, at + 65_537)
      }
    }
    await store.send('INSERT INTO texts FORMAT JSONCompactEachRow', Readable.from(chunks(), { objectMode: false }), {
      query_id: 'hundred-megabytes',
    })
    const found = createHash('sha256')
    let rows = 0
    for await (const group of store.stream<{ text: string }>('SELECT text FROM texts WHERE id >= 2 ORDER BY id')) {
      for (const { text } of group) found.update(text)
      rows += group.length
    }
    expect(rows).toBeGreaterThan(500)
    expect(found.digest('hex')).toBe(hash.digest('hex'))
  }, 60_000)

  test('of an INSERT under an id that is running are refused with 216', async () => {
    const slow = store.command(
      'SELECT sleepEachRow(1) FROM numbers(60) SETTINGS max_block_size = 1',
      {},
      {
        query_id: `${store.database}-slow`,
        signal: AbortSignal.timeout(15_000),
      },
    )
    slow.catch(() => {})
    await expect.poll(async () => (await running(`${store.database}-slow`)).length, { timeout: 5_000 }).toBe(1)
    const second = store.send('INSERT INTO texts FORMAT JSONCompactEachRow', Readable.from(['[9, "x"]']), {
      query_id: `${store.database}-slow`,
    })
    expect(storeError(await second.catch((error: unknown) => error))).toEqual({
      code: 216,
      name: 'QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING',
    })
    await store.command('KILL QUERY WHERE query_id = {id:String} SYNC', { id: `${store.database}-slow` })
  })
})

describe('an error of ClickHouse', () => {
  test('has its code and name, and no word of the row', async () => {
    const row = '[7, {"phone": "+79161234567"}]\n["x+79161234567", "a"]'
    const error = await store
      .send('INSERT INTO texts FORMAT JSONCompactEachRow', Readable.from([row]), { query_id: 'refused' })
      .catch((thrown: unknown) => thrown as Error)
    expect(storeError(error)?.name).toMatch(/^CANNOT_/)
    expect(storeError(error)?.code).toBeGreaterThan(0)
    expect(`${(error as Error).message} ${(error as Error).stack}`).not.toContain('7916')
    expect((error as Error).cause).toBeUndefined()
  })

  test('says which table is missing, where no row can be quoted', async () => {
    const error = await store.query('SELECT 1 FROM no_such_table').catch((thrown: unknown) => thrown as Error)
    expect(storeError(error)).toEqual({ code: 60, name: 'UNKNOWN_TABLE' })
    expect((error as Error).message).toContain('no_such_table')
  })

  test('is another thing than ClickHouse being away', async () => {
    const away = openStore({ url: 'http://127.0.0.1:1', database: 'default' })
    const error = await away.query('SELECT 1').catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'ECONNREFUSED' })
    expect(storeError(error)).toBeUndefined()
    await away.close()
  })
})

describe('a call', () => {
  test('that its caller ends stops in ClickHouse too', async () => {
    const query_id = `${store.database}-endless`
    const ending = new AbortController()
    const call = store.query(
      'SELECT count() FROM system.numbers WHERE NOT ignore(number)',
      {},
      {
        query_id,
        signal: ending.signal,
      },
    )
    const ended = call.then(
      () => 'answered',
      () => 'ended',
    )
    await expect.poll(async () => (await running(query_id)).length, { timeout: 5_000 }).toBe(1)
    ending.abort()
    expect(await ended).toBe('ended')
    await expect.poll(async () => (await running(query_id)).length, { timeout: 10_000 }).toBe(0)
  })

  test('is made once, whatever comes of it', async () => {
    let calls = 0
    const server = createServer((request) => {
      calls++
      request.socket.destroy()
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const { port } = server.address() as AddressInfo
    const broken = openStore({ url: `http://127.0.0.1:${port}`, database: 'default' })
    await expect(broken.command('SELECT 1')).rejects.toThrow()
    await expect(broken.send('INSERT INTO t FORMAT TSV', Readable.from(['1']), { query_id: 'once' })).rejects.toThrow()
    expect(calls).toBe(2)
    await broken.close()
    server.close()
  })

  test('takes user and password from the address as well', async () => {
    const { url, user, password } = inject('engine')
    const address = url.replace('//', `//${user}:${password}@`)
    const other = openStore({ url: address, database: store.database })
    expect(await other.query('SELECT currentUser() AS user')).toEqual([{ user }])
    await other.close()
  })
})

function running(query_id: string): Promise<object[]> {
  return store.query('SELECT 1 FROM system.processes WHERE query_id = {query_id:String}', { query_id })
}
