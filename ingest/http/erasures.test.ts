import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { erasureKey } from '#storage/erasure-keys.ts'
import { freshStore } from '#tests/support/fresh-store.ts'
import { openTestIngest, type TestIngest } from './test-ingest.ts'

let ingest: TestIngest

beforeAll(async () => {
  ingest = await openTestIngest(await freshStore(), { sites: [{}, { id: 'other' }] })
})
afterAll(() => ingest.close())

const token = 'tl-admin'
const ask = (body: object, by = token) => ingest.post('/v1/erasures', { site: 'shop', ...body }, { token: by })
const look = async (id: string, by = token) => {
  const answer = await ingest.app.inject({ url: `/v1/erasures/${id}`, headers: { authorization: `Bearer ${by}` } })
  return { status: answer.statusCode, body: answer.json() }
}

describe('an erasure', () => {
  test('is a fact that keeps a keyed hash of the one spelling, and no value', async () => {
    const rows = []
    for (const phone of ['8 (916) 204-81-37', '+79162048137']) {
      const { status, body } = await ask({ phone })
      expect([status, body]).toMatchObject([202, { state: 'waiting', counts: {}, done_at: null }])
      rows.push(...(await ingest.rows<Record<string, string>>(body.position, 'erasures', `id = '${body.id}'`)))
    }
    const key = await erasureKey(ingest.store)
    expect(rows).toHaveLength(2)
    for (const row of rows) {
      expect(row).toMatchObject({ kind: 'phone', key: key.id, hash: key.hash('shop', 'phone', '+79162048137') })
      expect(JSON.stringify(row)).not.toContain('2048137')
    }
  })

  test('says how far it is, at once and after a restart', async () => {
    const { body } = await ask({ visitor: 'v1' })
    expect(await look(body.id)).toMatchObject({ status: 200, body: { id: body.id, state: 'waiting', site: 'shop' } })
    await ingest.rows(body.position, 'erasures')
    await ingest.restart()
    expect(await look(body.id)).toMatchObject({ status: 200, body: { id: body.id, state: 'waiting', done_at: null } })
    const done = {
      site: 'shop',
      id: body.id,
      state: 'done',
      counts: { events: 3 },
      done_at: 1_700_000_000_000,
      version: 9,
    }
    await ingest.store.insert('erasure_runs', [done])
    const { body: after } = await look(body.id)
    expect(after).toMatchObject({ state: 'done', counts: { events: 3 }, done_at: '2023-11-14T22:13:20.000Z' })
  })

  test('waits for what the log had taken before it', async () => {
    const call = {
      id: 'c',
      site: 'shop',
      to: '+74951112233',
      at: ingest.clock.now_ms,
      status: 'missed',
      duration: 0,
      talk: 0,
    }
    const taken = await ingest.post('/v1/calls', call, { token: 'tl-ingest' })
    const { body } = await ask({ email: 'Anna@Example.com' })
    const [row] = await ingest.rows<{ waits_for: string }>(body.position, 'erasures', `id = '${body.id}'`)
    // The call may have landed in between: then there is nothing to wait for.
    const [node, ...segments] = row?.waits_for.split('.') ?? []
    for (const segment of segments) expect(taken.body.position).toContain(segment)
    expect(node).toBe(segments.length > 0 ? ingest.log.status().node : '')
  })

  test.each([
    [{}, 400, 'bad_request'],
    [{ phone: '+79162048137', email: 'a@b.ru' }, 400, 'bad_request'],
    [{ phone: 'office' }, 400, 'bad_request'],
    [{ email: 'nobody' }, 400, 'bad_request'],
    [{ visitor: 'not an id' }, 400, 'bad_request'],
    [{ site: 'nowhere', visitor: 'v' }, 404, 'site_not_found'],
  ])('%o is refused with %i', async (body, status, code) => {
    expect(await ask(body)).toMatchObject({ status, body: { error: { code } } })
  })

  test('needs the scope admin, and the site', async () => {
    expect(await ask({ visitor: 'v' }, 'tl-ingest')).toMatchObject({ status: 403 })
    expect(await ask({ visitor: 'v', site: 'other' }, 'tl-admin-shop')).toMatchObject({ status: 403 })
    const { body } = await ask({ visitor: 'v', site: 'other' })
    expect(await look(body.id, 'tl-admin-shop')).toMatchObject({
      status: 404,
      body: { error: { code: 'erasure_not_found' } },
    })
    expect(await look('er-none')).toMatchObject({ status: 404 })
  })
})
