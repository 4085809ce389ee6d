import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { domainToASCII } from 'node:url'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { publicSettings } from '#cdn/public-settings.ts'
import { renderScript } from '#cdn/render-script.ts'
import { type App, createApp } from '#shell/http.ts'
import { type Outbound, openOutbound } from '#shell/outbound.ts'
import { PoolDocument, SiteDocument } from '#storage/settings/documents.ts'
import type { Settings } from '#storage/settings/settings.ts'
import { installCheckRoutes } from './install-check-routes.ts'

const site = SiteDocument.parse({ id: 'shop', domains: ['shop.example', 'магазин.example'] })
const pool = PoolDocument.parse({
  ...{ id: 'ads', site: 'shop', kind: 'dynamic' },
  numbers: ['+74951112233'],
  replaces: ['+74950000000'],
})
const SCRIPT = renderScript('', publicSettings(site, []))

let server: Server
let port = 0
let asked: string[] = []
const html = (body: string) => ({ 'content-type': 'text/html; charset=utf-8', body })
const tag = () => `<script async src="http://stats.example:${port}/t/shop.js"></script>`
const answers: Record<string, () => { status?: number; body: string } & Record<string, unknown>> = {
  '/': () =>
    html(`<head>${tag()}</head><body><a href="tel:+74950000000">8 (495) 000-00-00</a><p>8 (812) 320-45-67</p>`),
  '/t/shop.js': () => ({ 'content-type': 'text/javascript; charset=utf-8', body: SCRIPT }),
  '/s/a.js': () => ({ 'content-type': 'text/javascript', body: SCRIPT }),
  '/free': () => html('<head><script async src="/other.js"></script><script async src="/s/a.js"></script></head>'),
  '/strict': () => ({ ...html(`<head>${tag()}</head>`), 'content-security-policy': "default-src 'self'" }),
  '/meta': () => html(`<head><meta http-equiv="Content-Security-Policy" content="connect-src 'self'">${tag()}</head>`),
  '/missing': () => ({ ...html('not here'), status: 404 }),
  '/picture': () => ({ 'content-type': 'image/png', body: '' }),
  '/long': () => html(`<head>${tag()}</head>${'<p>x</p>'.repeat(400_000)}`),
  '/moved': () => ({ status: 301, location: '/moved-again', body: '' }),
  '/moved-again': () => ({ status: 302, location: `http://www.shop.example:${port}/`, body: '' }),
  '/loop': () => ({ status: 302, location: '/loop', body: '' }),
  '/away': () => ({ status: 302, location: `http://inside.example:${port}/secret`, body: '' }),
  '/file': () => ({ status: 302, location: 'file:///etc/passwd', body: '' }),
}

let outbound: Outbound
let app: App

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(`${request.headers.host?.split(':')[0]}${request.url}`)
    const { status = 200, body, ...headers } = answers[request.url ?? '']?.() ?? { status: 404, body: 'none' }
    response.writeHead(status, headers as Record<string, string>).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

beforeEach(async () => {
  asked = []
  await open(['127.0.0.1'])
})
afterEach(async () => {
  await app.close()
  await outbound.close()
})

async function open(allow: string[]): Promise<void> {
  const addresses = [{ address: '127.0.0.1', family: 4 }]
  outbound = openOutbound({ allow, resolve: (_, done) => done(null, addresses) })
  const log = pino({ level: 'silent' }) as unknown as Parameters<typeof createApp>[0]['log']
  app = createApp({
    ...{ log, trustProxy: [] },
    authorize: (header) => ({
      token: 't',
      allows: (scope) => header === `Bearer ${scope}` || header === 'Bearer bound',
      reaches: (asked) => header !== 'Bearer bound' || asked === 'another',
    }),
  })
  const settings = {
    get: (kind: string, id: string) => (kind === 'site' && id === 'shop' ? { version: 1, document: site } : undefined),
    list: () => [{ version: 1, document: pool }],
    onChange: () => () => {},
  } as unknown as Settings
  installCheckRoutes(app, { settings, outbound, currentScript: async () => SCRIPT })
  await app.ready()
}

async function check(url: string, { token = 'admin', of = 'shop' } = {}) {
  const answer = await app.inject({
    method: 'POST',
    url: '/v1/install-checks',
    headers: { authorization: `Bearer ${token}` },
    payload: { site: of, url: url.startsWith('/') ? `http://shop.example:${port}${url}` : url },
  })
  const body = answer.json()
  const codes: string[] = (body.findings ?? []).map(({ code }: { code: string }) => code)
  return { status: answer.statusCode, body, codes, headers: answer.headers }
}

describe('POST /v1/install-checks', () => {
  test('finds the tag, asks for its script, and tells the phones', async () => {
    const { status, body, codes, headers } = await check('/')
    expect(status).toBe(200)
    expect(headers['cache-control']).toBe('no-store')
    expect(codes).toEqual(['tag_found', 'script_current', 'policy_none', 'phones_swapped', 'phones_left'])
    expect(body).toMatchObject({ status: 200, url: `http://shop.example:${port}/` })
    expect(body.tags).toEqual([
      {
        ...{ address: `http://stats.example:${port}/t/shop.js`, site: 'shop', place: 'head' },
        ...{ is_async: true, is_delayed: false, is_own_domain: false },
      },
    ])
    expect(body.phones.map(({ phone, pool }: { phone: string; pool: string }) => [phone, pool])).toEqual([
      ['+74950000000', 'ads'],
      ['+78123204567', null],
    ])
    expect(asked).toEqual(['shop.example/', 'stats.example/t/shop.js'])
  })

  test('knows our script under any name on the own domain, by what it holds', async () => {
    const { codes } = await check('/free')
    expect(codes.slice(0, 3)).toEqual(['tag_found', 'tag_own_domain', 'script_current'])
    expect(asked).toEqual(['shop.example/free', 'shop.example/other.js', 'shop.example/s/a.js'])
  })

  test.each([
    ['/strict', ['policy_script', 'policy_sending']],
    ['/meta', ['policy_sending']],
    ['/missing', ['page_status']],
    ['/picture', ['page_not_html']],
    ['/long', ['page_cut', 'tag_found']],
    ['/loop', ['page_unreachable']],
    ['/away', ['page_left']],
    ['/file', ['page_left']],
    ['/moved', ['tag_found', 'script_current']],
  ])('says of %s: %j', async (path, expected) => {
    expect((await check(path)).codes).toEqual(expect.arrayContaining(expected))
  })

  test('does not follow a redirect to where the site does not reach', async () => {
    const { body } = await check('/away')
    expect(body.findings[0].values).toEqual({ address: `http://inside.example:${port}` })
    expect(asked).toEqual(['shop.example/away'])
  })

  test('gives up after three redirects', async () => {
    await check('/loop')
    expect(asked).toHaveLength(4)
  })

  test('goes to no private address that OUTBOUND_ALLOW does not name', async () => {
    await app.close()
    await outbound.close()
    await open([])
    const { body } = await check('/')
    expect(body.findings).toEqual([{ code: 'page_unreachable', level: 'bad', values: { reason: 'private' } }])
    expect(asked).toEqual([])
  })

  test.each([
    ['http://elsewhere.example/', 403, 'domain_not_allowed'],
    ['http://evil-shop.example/', 403, 'domain_not_allowed'],
    ['http://shop.example.evil.example/', 403, 'domain_not_allowed'],
    ['http://shop.example@evil.example/', 403, 'domain_not_allowed'],
    ['http://127.0.0.1/', 403, 'domain_not_allowed'],
    ['ftp://shop.example/', 400, 'bad_request'],
    ['javascript:alert(1)', 400, 'bad_request'],
    ['shop.example', 400, 'bad_request'],
  ])('refuses %s', async (url, status, code) => {
    const answer = await check(url)
    expect([answer.status, answer.body.error?.code]).toEqual([status, code])
    expect(asked).toEqual([])
  })

  test('takes a domain of the site in either spelling, and its subdomains', async () => {
    for (const host of ['магазин.example', domainToASCII('магазин.example'), 'www.shop.example'])
      expect([host, (await check(`http://${host}:${port}/`)).status]).toEqual([host, 200])
  })

  test('is for administrators, each of their own sites', async () => {
    expect((await check('/', { token: 'reports' })).status).toBe(403)
    expect((await check('/', { token: 'bound' })).status).toBe(403)
    expect((await check('/', { of: 'nowhere' })).body.error.code).toBe('site_not_found')
  })
})
