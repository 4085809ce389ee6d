import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freshStore } from '#tests/support/fresh-store.ts'
import { makeTestApp, type TestApp } from './test-app.ts'
import { at, fillHistory } from './test-history.ts'

let store: Awaited<ReturnType<typeof freshStore>>
let http: TestApp

beforeAll(async () => {
  store = await freshStore()
  await fillHistory(store)
  http = await makeTestApp(() => store)
})

afterAll(async () => {
  await http.app.close()
  await store.drop()
})

type Items = { kind: string; id: string; [field: string]: unknown }[]

describe('a person', () => {
  test.each([
    'phone=%2B79261234567',
    'phone=+79261234567',
    'phone=8%20(926)%20123-45-67',
    'phone=9261234567',
    'email=Ivan%40MAIL.test',
    'visitor=v1',
    'client_id=ga:GA1.2.123.456',
    'client_id=ga:123.456',
    'contact=crm1',
    'session=s1',
    'session=s1.2',
    'call=c1',
    'lead=chat1',
    'deal=d1',
  ])('is found by %s', async (query) => {
    const { status, body } = await http.get(`/v1/persons?site=shop&${query}`)
    expect([status, body.id]).toEqual([200, 'panna'])
  })

  test.each([
    ['phone=%2B74957777777', 409, 'identifier_shared'],
    ['phone=%2B79990000000', 404, 'person_not_found'],
    ['user=gone', 404, 'person_not_found'],
    ['session=sbot', 404, 'person_not_found'],
    ['phone=hello', 400, 'bad_request'],
    ['client_id=123.456', 400, 'bad_request'],
    ['visitor=v1&deal=d1', 400, 'bad_request'],
    ['', 400, 'bad_request'],
  ])('is not found by %j: %i %s', async (query, status, code) => {
    const answer = await http.get(`/v1/persons?site=shop&${query}`)
    expect([answer.status, (answer.body.error as { code: string }).code]).toEqual([status, code])
  })

  test('who shares an identifier is named as a candidate', async () => {
    const { body } = await http.get('/v1/persons?site=shop&phone=%2B74957777777')
    expect(body.error).toMatchObject({ candidates: ['panna', 'pother'] })
  })

  test.each([
    ['panna', 200],
    ['pmerged', 200],
    ['poffice', 409],
    ['pnobody', 404],
  ])('answers by the id %s with %i', async (id, status) => {
    const answer = await http.get(`/v1/persons/${id}?site=shop`)
    expect(answer.status).toBe(status)
    if (status === 200) expect(answer.body.id).toBe('panna')
  })

  test('has a history from the oldest step to the newest, each once', async () => {
    const { body } = await http.get('/v1/persons/panna?site=shop')
    expect((body.timeline as Items).map(({ kind, id, session }) => [kind, id, session])).toEqual([
      ['session', 's1', undefined],
      ['page', 'e1', 's1'],
      ['form', 'f1', 's1'],
      ['click', 'k1', 's1'],
      ['call', 'c1', 's1'],
      ['lead', 'chat1', null],
      ['session', 's1.2', undefined],
      ['page', 'e2', 's1.2'],
      ['custom', 'm1', 's1.2'],
      ['deal', 'd1', undefined],
      ['deal', 'd1', undefined],
      ['postback', 'w1', undefined],
      ['note', 'a1', undefined],
    ])
    const [, page, form, , call, lead] = body.timeline as Items
    expect(page).toMatchObject({ at: at(1, 0), title: 'Home', url: 'https://shop.test/' })
    expect(form).toMatchObject({ phone: '+79261234567', form: { id: 'order', fields: { comment: 'Call me' } } })
    expect(call).toMatchObject({
      from: '+79261234567',
      talk: 40,
      match: { reason: 'number_on_screen', confidence: 0.99 },
    })
    expect(lead).toMatchObject({ lead_kind: 'chat', name: 'Anna' })
  })

  test('tells names, identifiers with their reasons, deals and revenue', async () => {
    const { body } = await http.get('/v1/persons/panna?site=shop')
    expect(body.names).toEqual(['Anna K.', 'Anna', 'Анна'])
    expect(body).toMatchObject({ revenue: '45000.00', currency: 'RUB', cursor: null })
    expect(body.deals).toMatchObject([{ id: 'd1', status: 'won', amount: '45000.00', created_at: at(3, 0) }])
    const identifiers = body.identifiers as { kind: string; because: unknown }[]
    expect(identifiers).toHaveLength(10)
    expect(identifiers[0]).toEqual({
      kind: 'visitor',
      value: 'v1',
      since: at(1, 0),
      because: { fact: 'event', id: 'e1', at: at(1, 0), with: null },
    })
    expect(identifiers.find(({ kind }) => kind === 'deal')?.because).toMatchObject({
      with: { kind: 'phone', value: '+79261234567' },
    })
  })

  test.each([1, 2, 5, 12, 13])('is read in pages of %i without a gap or a repeat', async (limit) => {
    const whole = (await http.get('/v1/persons/panna?site=shop')).body.timeline as Items
    const seen: Items = []
    let cursor: string | null = ''
    do {
      const { body } = await http.get(`/v1/persons/panna?site=shop&limit=${limit}${cursor ? `&cursor=${cursor}` : ''}`)
      seen.push(...(body.timeline as Items))
      cursor = body.cursor as string | null
    } while (cursor)
    expect(seen).toEqual(whole)
    expect(whole).toHaveLength(13)
  })

  test('is masked for a token that may not see personal data', async () => {
    const { body } = await http.get('/v1/persons/panna?site=shop', 'reports')
    const text = JSON.stringify(body)
    expect(text.length).toBeGreaterThan(3000)
    for (const secret of ['79261234567', '123-45-67', 'ivan@mail', 'Anna', 'Анна', 'c1.mp3', 'Call me', 'Good one']) {
      expect(text).not.toContain(secret)
    }
    expect(text).toContain('+7•••67')
    expect(text).toContain('+74951000001')
  })
})

describe('why two identifiers are one person', () => {
  test.each([
    ['visitor:v1', 'deal:d1'],
    ['v1', 'd1'],
    ['panna', 'd1'],
  ])('is the chain of facts between %s and %s', async (a, b) => {
    const { body } = await http.get(`/v1/persons/why?site=shop&a=${a}&b=${b}`)
    expect(body).toMatchObject({ joined: true, person: 'panna' })
    expect(body.chain).toEqual([
      {
        from: { kind: 'visitor', value: 'v1' },
        to: { kind: 'phone', value: '+79261234567' },
        fact: 'event',
        id: 'f1',
        at: at(1, 4),
        received_at: at(1, 4),
        ...{ rule: 'browser', joins: true, reason: 'joined' },
      },
      {
        from: { kind: 'phone', value: '+79261234567' },
        to: { kind: 'deal', value: 'd1' },
        fact: 'deal',
        id: 'd1',
        at: at(3, 0),
        received_at: at(3, 0),
        ...{ rule: 'crm', joins: true, reason: 'joined' },
      },
    ])
  })

  test('takes a phone as people write it', async () => {
    const { body } = await http.get('/v1/persons/why?site=shop&a=8%20926%20123-45-67&b=visitor:v1')
    expect([body.joined, (body.chain as unknown[]).length]).toEqual([true, 1])
  })

  test('is none for an identifier that is shared, and says what was held back', async () => {
    const { body } = await http.get('/v1/persons/why?site=shop&a=phone:+74957777777&b=v1')
    expect(body).toMatchObject({
      joined: false,
      chain: [],
      reason: 'identifier_shared',
      held_back: expect.arrayContaining([expect.objectContaining({ reason: 'shared' })]),
    })
  })

  test('is none for two who share a phone: it is named, with what all uses it and how much may', async () => {
    const { body } = await http.get('/v1/persons/why?site=shop&a=v1&b=v9')
    expect(body).toMatchObject({
      ...{ joined: false, persons: { a: 'panna', b: 'pother' }, chain: [], reason: 'identifier_shared' },
      broken_chain: [{ joins: false }, { joins: false }],
      broken: {
        ...{ from: { value: 'v1' }, to: { value: '+74957777777' }, reason: 'shared', fact: 'event', id: 'f1' },
        shared: { kind: 'phone', rule: 'visitor', max: 12, around: { visitor: 2 } },
      },
    })
  })

  test("is none over the company's own phone, which can be asked about itself", async () => {
    for (const a of ['v9', '+74950000000']) {
      const { body } = await http.get(`/v1/persons/why?site=shop&a=${encodeURIComponent(a)}&b=v10`)
      expect(body).toMatchObject({ joined: false, reason: 'identifier_blocked', broken: { reason: 'blocked' } })
    }
  })

  test('crosses as little as it can of what does not join', async () => {
    const { body } = await http.get('/v1/persons/why?site=shop&a=d1&b=v9')
    expect((body.broken_chain as { joins: boolean }[]).map(({ joins }) => joins)).toEqual([true, true, false, false])
  })

  test('is none for different persons between whom no fact leads', async () => {
    const { body } = await http.get('/v1/persons/why?site=shop&a=v1&b=v11')
    expect(body).toMatchObject({ joined: false, persons: { a: 'panna', b: 'pfourth' }, reason: 'no_chain' })
    expect(body).not.toHaveProperty('broken')
  })

  test('is asked in vain about what nobody knows', async () => {
    const { status, body } = await http.get('/v1/persons/why?site=shop&a=v1&b=nobody')
    expect([status, body.error]).toMatchObject([404, { code: 'person_not_found', field: 'b' }])
  })
})
