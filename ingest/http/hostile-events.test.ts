import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freshStore } from '#tests/support/fresh-store.ts'
import { openTestIngest, type TestIngest } from './test-ingest.ts'

let ingest: TestIngest
let serial = 0

beforeAll(async () => {
  ingest = await openTestIngest(await freshStore(), { sites: [{ form_values: ['*'] }] })
})
afterAll(() => ingest.close())

const batch = (events: unknown[], more: object = {}) => ({ site: 'shop', visitor: 'v', session: 's', events, ...more })
const at = () => ingest.clock.now_ms
const page = (more: object = {}) => ({
  id: `h-${++serial}`,
  type: 'page',
  at: at(),
  url: 'https://shop.example/',
  ...more,
})
const form = (form: object) => ({ id: `h-${++serial}`, type: 'form', at: at(), form })

async function stored(body: unknown) {
  const answer = await ingest.post('/v1/events', body)
  expect(answer).toMatchObject({ status: 202, body: { accepted: 1, rejected_total: 0 } })
  const [row] = await ingest.rows(answer.body.position, 'events', `id = 'h-${serial}'`)
  return row
}

describe('what is too long in an event, and matters little, costs no event', () => {
  test('a title is cut', async () => {
    const row = await stored(batch([page({ title: 'ж'.repeat(5000) })]))
    expect(row).toMatchObject({ title: 'ж'.repeat(4096) })
  })

  test('a title cut through a character stays storable', async () => {
    const row = await stored(batch([page({ title: `${'x'.repeat(4095)}😀` })]))
    expect(row).toMatchObject({ title: `${'x'.repeat(4095)}\uFFFD` })
  })

  test('the names of a form and of its fields are cut, and the lead keeps its phone', async () => {
    const fields = { phone: '+7 916 204-81-37', ['y'.repeat(300)]: 'first', [`${'y'.repeat(200)}z`]: 'second' }
    const row = await stored(batch([form({ id: 'i'.repeat(300), name: 'n'.repeat(300), fields })]))
    expect(row).toMatchObject({ form_id: 'i'.repeat(200), form_name: 'n'.repeat(200), phone: '+79162048137' })
    expect(Object.keys(row?.form_fields as object)).not.toContain('y'.repeat(300))
  })

  test('fields beyond the three hundredth are left out', async () => {
    const fields = Object.fromEntries(Array.from({ length: 400 }, (_, place) => [`f${place}`, 'x']))
    await stored(batch([form({ fields: { email: 'ann@mail.ru', ...fields } })]))
  })
})

describe('a page that has lost its ids', () => {
  test.each([
    ['visitor', 'undefined'],
    ['visitor', 'null'],
    ['session', 'NaN'],
    ['session', 'Undefined'],
  ])('is told that the %s is missing when it sends "%s"', async (field, word) => {
    const answer = await ingest.post('/v1/events', batch([page()], { [field]: word }))
    expect(answer).toMatchObject({ status: 400, body: { error: { code: 'nothing_accepted', field } } })
    expect(answer.body.error.message).toContain('is missing')
  })

  test('is not meant by an id that merely holds such a word', async () => {
    await stored(batch([page()], { visitor: 'null-1', session: 'nullable' }))
  })
})

describe('odd JSON', () => {
  const text = (more: string) =>
    `{"site":"shop","visitor":"v","session":"s","events":[{"id":"h-${++serial}","type":"page","at":${at()},"url":"https://shop.example/"${more}}]}`

  test.each([
    ['a NUL and half a pair in a title', () => text(',"title":"a\\u0000b\\ud83dc"'), { title: 'a\uFFFDb\uFFFDc' }],
    ['a byte order mark', () => `\uFEFF${text('')}`, { title: '' }],
    ['a key twice: the last counts', () => text(',"title":"a","title":"b"'), { title: 'b' }],
    ['prototypes', () => text(',"__proto__":{"title":"x"},"constructor":{"prototype":{"title":"y"}}'), { title: '' }],
    ['numbers beyond all bounds', () => text(',"unknown":1e999'), { title: '' }],
  ])('%s is taken as what it says', async (_, make, columns) => {
    expect(await stored(make())).toMatchObject(columns)
    expect(({} as { title?: string }).title).toBeUndefined()
  })

  test.each([
    ['a moment beyond all bounds', () => text('').replace(/"at":\d+/, '"at":1e999'), 'at'],
    ['a text where a list belongs', () => '{"site":"shop","visitor":"v","session":"s","events":"x"}', 'events'],
    ['a list that nests without end', () => text(`,"x":${'['.repeat(100_000)}${']'.repeat(100_000)}`), 'props'],
    ['an object that nests without end', () => `${'{"site":'.repeat(50_000)}1${'}'.repeat(50_000)}`, 'site'],
  ])('%s is refused by name', async (_, make, field) => {
    expect(await ingest.post('/v1/events', make())).toMatchObject({ status: 400, body: { error: { field } } })
  })

  test.each([
    ['numbers', 'application/json', () => `[${'0,'.repeat(240_000)}0]`],
    ['empty objects', 'application/json', () => `[${'{},'.repeat(160_000)}{}]`],
    ['lines', 'application/x-ndjson', () => '0\n'.repeat(240_000)],
    ['events', 'application/json', () => JSON.stringify(batch(new Array(190_000).fill(0)))],
  ])('a browser’s list of nothing but faulty %s is not read to its end', async (_, type, make) => {
    const answer = await ingest.post('/v1/events', make(), { headers: { 'content-type': type } })
    expect(answer).toMatchObject({ status: 400, body: { error: { code: 'nothing_accepted', rejected_total: 1000 } } })
    // The sender with a token is told of every one.
    const many = `[${'0,'.repeat(1500)}0]`
    expect((await ingest.post('/v1/events', many, { token: 'tl-ingest' })).body.error.rejected_total).toBe(1501)
  })
})

describe('a flood from one address', () => {
  test('is told when to come back, whatever port or nonsense its proxy tells, and costs the others nothing', async () => {
    const limited = await openTestIngest(await freshStore(), { rate_limit_per_minute: 5 })
    const from = (forwarded: string) =>
      limited.post('/v1/events', batch([page()]), { headers: { 'x-forwarded-for': forwarded } })
    try {
      for (let port = 0; port < 5; port++) expect((await from(`203.0.113.7:${1000 + port}`)).status).toBe(202)
      const refused = await from('203.0.113.7:2000')
      expect(refused).toMatchObject({ status: 429, body: { error: { code: 'rate_limited' } } })
      expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
      expect((await from('evil, 203.0.113.7')).status).toBe(429)
      for (let place = 0; place < 5; place++) expect((await from(`nonsense-${place}`)).status).toBe(202)
      expect((await from('nonsense-6')).status).toBe(429)
      for (let place = 0; place < 5; place++) expect((await from(`2001:db8::${place}`)).status).toBe(202)
      expect((await from('2001:db8::ffff')).status).toBe(429)
      expect((await from('2001:db8:0:1::1')).status).toBe(202)
      expect((await from('198.51.100.1')).status).toBe(202)
    } finally {
      await limited.close()
    }
  })
})
