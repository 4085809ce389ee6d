import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type App, createApp } from '#shell/http.ts'
import { registerDemo } from './register-demo.ts'

interface Asked {
  method: string
  path: string
  body?: Record<string, unknown>
}

let app: App
let asked: Asked[]
let deals: { id: string }[]
let identifiers: { kind: string; value: string }[]

beforeEach(async () => {
  asked = []
  deals = []
  identifiers = []
  app = createApp({ log: pino({ level: 'silent' }) as never, trustProxy: [], authorize: () => undefined })
  registerDemo(app, {
    snippet: '<script async src="https://stats.example/t/demo.js"></script>',
    assetsFolder: 'none',
    async api(method, path, body) {
      asked.push({ method, path, ...(body && { body: body as Record<string, unknown> }) })
      if (method === 'POST') return { status: 202, body: { accepted: 1 } }
      return { status: 200, body: { id: 'p1', names: ['Anna'], deals, identifiers, revenue: '0.00', timeline } }
    },
  })
  await app.ready()
})

afterEach(() => app.close())

const timeline = [
  {
    kind: 'form',
    name: 'Anna',
    phone: '+79261112233',
    email: 'anna@mail.test',
    form: { name: 'f', fields: { a: 'b' } },
  },
  { kind: 'call', from: '+79261112233', to: '+74950000101', recording_url: 'https://pbx.test/1.mp3' },
  { kind: 'lead', name: 'Anna', text: 'call +79261112233' },
  { kind: 'custom', name: 'opened plans' },
]

async function win(): Promise<string> {
  await app.inject({ method: 'POST', url: '/demo/api/deal', payload: { phone: '+79261112233', visitor: 'v1' } })
  const id = String(asked.at(-1)?.body?.id)
  deals.push({ id })
  return id
}

const postback = (query: string) => app.inject({ method: 'POST', url: `/demo/ads/postback?${query}` })
const history = async () => (await app.inject('/demo/api/history?visitor=v1')).json()

describe('the demo', () => {
  test('shows a postback of a deal that was won in its panel', async () => {
    const id = await win()
    await postback(`deal=${id}&amount=12400000.00&campaign=${'x'.repeat(5000)}&extra=1`)
    const [shown, more] = (await history()).postbacks
    expect(shown.body).toEqual({ deal: id, amount: '12400000.00', currency: '', yclid: '', campaign: 'x'.repeat(200) })
    expect(more).toBeUndefined()
  })

  test('keeps no postback that a stranger makes up, and loses none for it', async () => {
    const id = await win()
    await postback(`deal=${id}`)
    for (let index = 0; index < 300; index++) await postback(`deal=other-${index}`)
    await postback(`deal=${id}&deal=other`)
    deals.push({ id: 'other-1' })
    expect((await history()).postbacks.map(({ deal }: { deal: string }) => deal)).toEqual([id])
  })

  test('tells nobody the contacts of the person that they have become one with', async () => {
    identifiers = [
      { kind: 'visitor', value: 'v1' },
      { kind: 'phone', value: '+79261112233' },
      { kind: 'email', value: 'anna@mail.test' },
    ]
    const { person } = await history()
    expect(person.timeline.map(({ kind }: { kind: string }) => kind)).toEqual(['form', 'call', 'lead', 'custom'])
    expect(JSON.stringify(person)).not.toMatch(/7926111|anna@|Anna|mp3/)
    expect(person.identifiers).toEqual([
      { kind: 'visitor', value: 'v1' },
      { kind: 'phone', value: '+…2233' },
      { kind: 'email', value: 'a…@mail.test' },
    ])
    expect(person.timeline[3].name).toBe('opened plans')
  })

  test('writes for one address no more than sixty calls a minute', async () => {
    const call = () =>
      app.inject({ method: 'POST', url: '/demo/api/call', payload: { to: '+74950000101', from: '+79261112233' } })
    for (let index = 0; index < 60; index++) expect((await call()).statusCode).toBe(202)
    const refused = await call()
    expect([refused.statusCode, refused.json().error.code]).toEqual([429, 'rate_limited'])
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
    expect(asked.filter(({ path }) => path === '/v1/calls')).toHaveLength(60)
  })

  test('writes to no site but its own, and takes nothing that a page elsewhere can send unasked', async () => {
    const payload = { to: '+74950000101', from: '+79261112233', site: 'shop', phone: '+79261112233' }
    for (const url of ['/demo/api/call', '/demo/api/deal']) {
      expect((await app.inject({ method: 'POST', url, payload })).statusCode).toBe(202)
      const headers = { 'content-type': 'text/plain' }
      expect((await app.inject({ method: 'POST', url, headers, payload: JSON.stringify(payload) })).statusCode).toBe(
        400,
      )
    }
    await app.inject('/demo/api/history?visitor=v1%26site%3Dshop')
    expect(asked.map(({ path, body }) => body?.site ?? new URLSearchParams(path.split('?')[1]).getAll('site'))).toEqual(
      ['demo', 'demo', ['demo']],
    )
  })
})
