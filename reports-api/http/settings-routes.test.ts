import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Failure } from '#shell/failure.ts'
import { makeTestApp, type TestApp } from './test-app.ts'

let http: TestApp

// Settings are in memory here: these routes ask nothing of ClickHouse themselves.
beforeEach(async () => {
  http = await makeTestApp(() => undefined)
})

afterEach(() => http.app.close())

const documents = {
  sites: { id: 'new', domains: ['new.test'] },
  pools: { id: 'main', site: 'shop', kind: 'dynamic', numbers: ['+74951000001'] },
  destinations: { id: 'ads', site: 'shop', url: 'https://ads.test/?id={gclid}', secret: 'whsec_0123456789abcdef' },
  users: { id: 'olga', name: 'Olga', email: 'olga@shop.test' },
  tokens: { id: 'crm', name: 'CRM', scopes: ['ingest'] },
}

describe.each(Object.entries(documents))('settings %s', (collection, document) => {
  const path = `/v1/${collection}/${document.id}`

  test('are stored, numbered, read, listed and removed', async () => {
    const first = await http.send('PUT', path, document)
    expect([first.status, first.headers.etag]).toEqual([200, '"1"'])
    const { secret: _, ...stated } = document as typeof documents.destinations
    expect(first.body).toMatchObject({ ...stated, version: 1 })
    const second = await http.send('PUT', path, document)
    expect(second.body.version).toBe(2)
    const read = await http.get(path, 'admin')
    expect([read.status, read.headers.etag, read.body.version]).toEqual([200, '"2"', 2])
    const list = (await http.get(`/v1/${collection}`, 'admin')).body[collection] as { id: string }[]
    expect(list.map(({ id }) => id)).toContain(document.id)
    expect((await http.send('DELETE', path)).status).toBe(204)
    expect((await http.get(path, 'admin')).body.error).toMatchObject({ code: 'setting_not_found' })
    expect((await http.send('DELETE', path)).status).toBe(404)
  })

  test('take what was read back again', async () => {
    await http.send('PUT', path, document)
    const { body } = await http.get(path, 'admin')
    expect((await http.send('PUT', path, body)).status).toBe(200)
  })

  test('may leave the id to the path, and may not contradict it', async () => {
    const { id: _, ...rest } = document
    expect((await http.send('PUT', path, rest)).body.id).toBe(document.id)
    const wrong = await http.send('PUT', path, { ...document, id: 'another' })
    expect([wrong.status, wrong.body.error]).toMatchObject([400, { field: 'id' }])
  })

  test.each(['"1"', '1', 'W/"1"'])('are guarded by If-Match: %s', async (version) => {
    await http.send('PUT', path, document)
    expect((await http.send('PUT', path, document, { headers: { 'if-match': version } })).status).toBe(200)
    const late = await http.send('PUT', path, document, { headers: { 'if-match': version } })
    expect([late.status, late.body.error]).toMatchObject([412, { code: 'version_conflict' }])
    expect((await http.send('DELETE', path, undefined, { headers: { 'if-match': version } })).status).toBe(412)
    expect((await http.send('PUT', path, document, { headers: { 'if-match': 'soon' } })).status).toBe(400)
  })

  test('refuse an unknown field by its name', async () => {
    const { status, body } = await http.send('PUT', path, { ...document, colour: 'red' })
    expect([status, body.error]).toMatchObject([400, { code: 'bad_request', field: 'colour' }])
  })

  test('are for the scope admin', async () => {
    for (const token of ['reports', 'ingest', 'personal']) {
      expect((await http.get(`/v1/${collection}`, token)).status).toBe(403)
      expect((await http.send('PUT', path, document, { token })).status).toBe(403)
    }
    expect((await http.get(`/v1/${collection}`, '')).status).toBe(401)
  })

  test('are beyond a token of another site', async () => {
    await http.send('PUT', path, document)
    expect((await http.get(path, 'admin@other')).status).toBe(403)
    expect((await http.send('PUT', path, document, { token: 'admin@other' })).status).toBe(403)
    expect((await http.send('DELETE', path, undefined, { token: 'admin@other' })).status).toBe(403)
    const list = (await http.get(`/v1/${collection}`, 'admin@other')).body[collection] as { id: string }[]
    expect(list.map(({ id }) => id)).not.toContain(document.id)
  })

  test('answer 503 while ClickHouse is away', async () => {
    http.settings.put = async () => {
      throw new Failure('store_away', 'Settings cannot be written now.', { retry_after_s: 2 })
    }
    const { status, body } = await http.send('PUT', path, document)
    expect([status, body.error]).toMatchObject([503, { code: 'store_away' }])
  })
})

describe('a settings document', () => {
  test.each([
    ['sites', { domains: [] }, 'domains'],
    ['sites', { domains: ['a.test'], timezone: 'Mars/Olympus' }, 'timezone'],
    [
      'sites',
      { domains: ['a.test'], projects: [{ id: 'a', name: 'A', url_prefixes: [], price: 1 }] },
      'projects.0.price',
    ],
    ['pools', { ...documents.pools, id: undefined, numbers: ['123'] }, 'numbers.0'],
    ['tokens', { name: 'T', scopes: ['everything'] }, 'scopes.0'],
    ['tokens', { name: 'T', scopes: ['ingest'], secret_hash: 'x' }, 'secret_hash'],
  ])('of %s that is wrong is refused by the field: %j', async (collection, body, field) => {
    const answer = await http.send('PUT', `/v1/${collection}/x1`, body)
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(answer.body.error).toMatchObject({ field })
  })

  test('must be one object', async () => {
    expect((await http.send('PUT', '/v1/sites/x1', [documents.sites])).status).toBe(400)
  })
})

describe('a token', () => {
  test('shows its secret only in the answer that creates it', async () => {
    const created = await http.send('PUT', '/v1/tokens/crm', documents.tokens)
    expect(created.body.secret).toMatch(/^tl_/)
    const answers = [
      await http.send('PUT', '/v1/tokens/crm', documents.tokens),
      await http.get('/v1/tokens/crm', 'admin'),
      await http.get('/v1/tokens', 'admin'),
    ]
    expect(JSON.stringify(answers.map(({ body }) => body))).not.toMatch(/secret/)
  })

  test('keeps its secret when it is changed, and gets another when it is rotated', async () => {
    await http.send('PUT', '/v1/tokens/crm', documents.tokens)
    const hash = () => http.settings.get('token', 'crm')?.document.secret_hash
    const first = hash()
    await http.send('PUT', '/v1/tokens/crm', { ...documents.tokens, name: 'New name' })
    expect(hash()).toBe(first)
    const rotated = await http.send('POST', '/v1/tokens/crm/rotate')
    expect([rotated.status, rotated.body.version]).toEqual([200, 3])
    expect(rotated.body.secret).toMatch(/^tl_/)
    expect(hash()).not.toBe(first)
    expect((await http.send('POST', '/v1/tokens/none/rotate')).status).toBe(404)
  })

  test('bound to a site makes no token that reaches further', async () => {
    const put = (sites?: string[]) =>
      http.send(
        'PUT',
        '/v1/tokens/more',
        { name: 'More', scopes: ['reports'], ...(sites && { sites }) },
        { token: 'admin@shop' },
      )
    expect((await put()).status).toBe(403)
    expect((await put(['shop', 'other'])).status).toBe(403)
    expect((await put([])).status).toBe(403)
    expect((await put(['shop'])).status).toBe(200)
  })
})

describe('a destination', () => {
  test('is not made with a hidden secret for a secret', async () => {
    const { status, body } = await http.send('PUT', '/v1/destinations/new', {
      ...documents.destinations,
      id: 'new',
      secret: '•'.repeat(16),
    })
    expect([status, body.error]).toMatchObject([400, { field: 'secret' }])
  })

  test('never shows its secret again, and keeps it when it comes back hidden', async () => {
    const put = await http.send('PUT', '/v1/destinations/ads', documents.destinations)
    const read = await http.get('/v1/destinations/ads', 'admin')
    expect(JSON.stringify([put.body, read.body])).not.toContain('whsec_')
    await http.send('PUT', '/v1/destinations/ads', { ...read.body, enabled: false })
    expect(http.settings.get('destination', 'ads')?.document).toMatchObject({
      secret: documents.destinations.secret,
      enabled: false,
    })
  })
})
