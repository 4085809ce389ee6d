import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { pino } from 'pino'
import { beforeEach, describe, expect, test } from 'vitest'
import { type App, createApp } from '#shell/http.ts'
import { type DocumentKind, type Documents, PoolDocument, SiteDocument } from '#storage/settings/documents.ts'
import type { Settings } from '#storage/settings/settings.ts'
import { SHORT } from '../render-script.ts'
import { registerCdn } from './register-cdn.ts'

const site = SiteDocument.parse({
  id: 'shop',
  domains: ['shop.example'],
  blocked: ['+79990000001', 'boss@shop.example'],
  cross_domains: ['пример.рф'],
  form_values: ['city'],
})
const pool = PoolDocument.parse({
  id: 'ads',
  site: 'shop',
  kind: 'dynamic',
  numbers: ['+74951112233'],
  replaces: ['+74950000000', '+442071234567', '+12125550100'],
})

describe('GET /t/{site}.js', () => {
  let app: App
  let put: (kind: DocumentKind, document: unknown) => void

  beforeEach(async () => {
    const memory = memorySettings()
    put = memory.put
    put('site', site)
    put('pool', pool)
    put('pool', PoolDocument.parse({ ...pool, id: 'other', site: 'elsewhere', replaces: ['+78120000000'] }))
    app = createApp({ log: pino({ level: 'silent' }), trustProxy: [], authorize: () => undefined })
    registerCdn(app, {
      settings: memory.settings,
      trackers: {
        'calls,forms,linker': 'seen($)',
        'calls,forms,linker,hash': 'hashed($)',
        'forms,linker': 'seen($)',
        aids: 'aids($)',
      },
    })
    await app.ready()
  })

  const get = (url: string, headers: Record<string, string> = {}) => app.inject({ url, headers })

  test('runs the tracker with the settings of the site', async () => {
    const response = await get('/t/shop.js')
    let seen: unknown
    new Function('seen', response.body)((settings: unknown) => {
      seen = settings
    })
    expect(response.statusCode).toBe(200)
    expect(seen).toEqual({
      [SHORT.site]: 'shop',
      [SHORT.consent]: 1,
      [SHORT.replaces]: [
        [expect.stringContaining('(2 1 2 5 5 5 0 1 0 0)'), '+12125550100', '+1'],
        [expect.stringContaining('(2 0 7 1 2 3 4 5 6 7)'), '+442071234567', '+44'],
        [expect.stringContaining('(4 9 5 0 0 0 0 0 0 0)'), '+74950000000', '+7'],
      ],
      [SHORT.attributes]: ['href', 'title', 'aria-label'],
      [SHORT.kept]: '^(city)$',
      [SHORT.linked]: expect.stringContaining('(shop\\.example|xn--e1afmkfd\\.xn--p1ai)'),
    })
  })

  test('sends the code for hash routes only to a site that has them', async () => {
    expect((await get('/t/shop.js')).body).not.toContain('hashed($)')
    put('site', { ...site, hash_routes: true })
    expect((await get('/t/shop.js')).body).toContain('hashed($)')
  })

  test('says nothing that is not for everyone', async () => {
    const { body } = await get('/t/shop.js')
    for (const secret of ['4951112233', '9990000001', 'boss@', '8120000000']) expect(body).not.toContain(secret)
    expect(body).toContain('4950000000')
  })

  test('may be loaded by any page, and cached by anything on the way', async () => {
    const { headers } = await get('/t/shop.js')
    expect(headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=300, stale-while-revalidate=86400, stale-if-error=86400',
      'cross-origin-resource-policy': 'cross-origin',
      'access-control-allow-origin': '*',
      vary: 'Accept-Encoding',
    })
  })

  test.each([
    ['gzip, deflate, br, zstd', 'br'],
    ['gzip', 'gzip'],
    ['br;q=0, gzip;q=0.5', 'gzip'],
    ['br ; q=0 , gzip ; q=0.5', 'gzip'],
    ['deflate', undefined],
    ['', undefined],
  ])('answers «%s» with encoding %s', async (accepts, encoding) => {
    const plain = await get('/t/shop.js')
    const packed = await get('/t/shop.js', { 'accept-encoding': accepts })
    expect(packed.headers['content-encoding']).toBe(encoding)
    const unpack = { br: brotliDecompressSync, gzip: gunzipSync }[encoding ?? ''] ?? ((body: Buffer) => body)
    expect(unpack(packed.rawPayload).toString()).toBe(plain.body)
  })

  test('is not held up by a header of blanks', async () => {
    // By the square of the length it took half a minute, longer than a test may take.
    for (const blank of [' ', '\t', ' ;']) {
      const accepts = `a${blank.repeat(100_000 / blank.length)}b, gzip`
      expect((await get('/t/shop.js', { 'accept-encoding': accepts })).headers['content-encoding']).toBe('gzip')
    }
  })

  test('is not sent again to a browser that has it, in whatever encoding', async () => {
    const { headers } = await get('/t/shop.js', { 'accept-encoding': 'gzip' })
    for (const tag of [headers.etag, `W/${headers.etag}`, `"old", ${headers.etag}`]) {
      const again = await get('/t/shop.js', { 'if-none-match': String(tag), 'accept-encoding': 'br' })
      expect(again.statusCode).toBe(304)
      expect(again.body).toBe('')
      expect(again.headers['cache-control']).toContain('max-age=300')
    }
  })

  test('changes with the settings of the site and of its pools', async () => {
    const before = await get('/t/shop.js')
    put('pool', { ...pool, replaces: ['+74957777777'] })
    const after = await get('/t/shop.js', { 'if-none-match': String(before.headers.etag) })
    expect(after.statusCode).toBe(200)
    expect(after.body).toContain('4957777777')
    expect(after.body).not.toContain('4950000000')
  })

  test.each(['/t/nobody.js', '/t/%2A%2Falert(1)%2F%2A.js'])('%s is a comment, and soon asked again', async (url) => {
    const response = await get(url)
    expect(response.statusCode).toBe(404)
    expect(response.headers['content-type']).toContain('text/javascript')
    expect(response.headers['cache-control']).toBe('public, max-age=30')
    expect(() => new Function(response.body)()).not.toThrow()
    expect(response.body).toContain('there is no site')
  })

  test('/t/shop.aids.js is what looks into the installation, with the same settings and headers', async () => {
    const [script, aids] = [await get('/t/shop.js'), await get('/t/shop.aids.js')]
    expect(aids.statusCode).toBe(200)
    expect(aids.body).toBe(script.body.replace('seen(', 'aids('))
    const { etag, date: _, 'content-length': __, ...headers } = aids.headers
    expect(script.headers).toMatchObject(headers)
    expect(etag).not.toBe(script.headers.etag)
    expect((await get('/t/nobody.aids.js')).statusCode).toBe(404)
  })

  test('is the tracker of a site that is called so, and not the aids of another', async () => {
    put('site', { ...site, id: 'shop.aids' })
    expect((await get('/t/shop.aids.js')).body).toContain('seen(')
  })

  test('answers HEAD with the headers alone, the same as of GET', async () => {
    const asked = { 'accept-encoding': 'br' }
    const [whole, head] = [
      await get('/t/shop.js', asked),
      await app.inject({ method: 'HEAD', url: '/t/shop.js', headers: asked }),
    ]
    expect(head.body).toBe('')
    for (const name of ['etag', 'cache-control', 'content-encoding', 'content-length', 'content-type', 'vary'])
      expect([name, head.headers[name]]).toEqual([name, whole.headers[name]])
  })

  test('sends the whole file to a cache that asks for a piece', async () => {
    const response = await get('/t/shop.js', { range: 'bytes=0-9' })
    expect(response.statusCode).toBe(200)
    expect(response.headers['content-range']).toBeUndefined()
    expect(response.body).toBe((await get('/t/shop.js')).body)
  })

  test('has another tag in each encoding, so that no cache sends brotli to a browser that cannot read it', async () => {
    const tags = await Promise.all(
      ['br', 'gzip', ''].map(async (accepts) => (await get('/t/shop.js', { 'accept-encoding': accepts })).headers.etag),
    )
    expect(new Set(tags).size).toBe(3)
  })

  test.each([
    ['a CDN that packs it itself and so weakens the tag', (tag: string) => `W/${tag}`],
    ['Apache, which writes its encoding into the tag', (tag: string) => tag.replace(/"$/, '-gzip"')],
    ['a cache that has it in several encodings', (tag: string) => `W/"x", ${tag.replace('-br', '-gzip')}, W/${tag}`],
    ['a cache that will take any', () => '*'],
  ])('is not sent again through %s', async (_, seenAs) => {
    const { headers } = await get('/t/shop.js', { 'accept-encoding': 'br' })
    const again = await get('/t/shop.js', { 'if-none-match': seenAs(String(headers.etag)), 'accept-encoding': 'br' })
    expect(again.statusCode).toBe(304)
    expect(again.headers).toMatchObject({ etag: headers.etag, vary: 'Accept-Encoding' })
    expect(again.headers['content-encoding']).toBeUndefined()
  })

  test('reaches the pages behind a cache that only ever asks whether it changed', async () => {
    let kept = await get('/t/shop.js', { 'accept-encoding': 'br' })
    const ask = async () => {
      const asked = await get('/t/shop.js', { 'if-none-match': `W/${kept.headers.etag}`, 'accept-encoding': 'br' })
      if (asked.statusCode === 200) kept = asked
      return asked.statusCode
    }
    expect(await ask()).toBe(304)
    put('pool', { ...pool, replaces: ['+74957777777'] })
    expect(await ask()).toBe(200)
    expect(brotliDecompressSync(kept.rawPayload).toString()).toContain('4957777777')
    expect(await ask()).toBe(304)
  })

  test('serves a site whose key has dots', async () => {
    put('site', { ...site, id: 'my.shop.v2' })
    const response = await get('/t/my.shop.v2.js')
    expect(response.body).toContain('"my.shop.v2"')
  })
})

function memorySettings(): { settings: Settings; put(kind: DocumentKind, document: unknown): void } {
  const stored = new Map<string, { version: number; changed_at_ms: number; document: never }>()
  const listeners = new Set<(changed: { kind: DocumentKind; id: string }[]) => void>()
  return {
    settings: {
      get: (kind, id) => stored.get(`${kind}/${id}`),
      list: (kind) => [...stored].filter(([key]) => key.startsWith(`${kind}/`)).map(([, value]) => value),
      onChange: (listener) => {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
    },
    put(kind, document) {
      const { id } = document as Documents['site']
      const version = (stored.get(`${kind}/${id}`)?.version ?? 0) + 1
      stored.set(`${kind}/${id}`, { version, changed_at_ms: 0, document: document as never })
      for (const listener of listeners) listener([{ kind, id }])
    },
  }
}
