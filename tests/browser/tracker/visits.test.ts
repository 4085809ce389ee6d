import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { pageOf, visiting } from './visiting.ts'

const visitor = visiting()

describe('a first visit', () => {
  test('sends one request, for page and numbers together, and no preflight', async () => {
    const { outside, visit, settle } = visitor
    const page = await visit('/flats?utm_source=yandex&utm_medium=cpc&yclid=1')
    const seen = await outside.event('page')
    expect(outside.requests).toEqual(['POST /v1/events'])
    expect(seen).toMatchObject({
      type: 'page',
      url: `${outside.site}/flats?utm_source=yandex&utm_medium=cpc&yclid=1`,
      referrer: '',
      title: 'Shop',
      lease: true,
      origin: outside.site,
    })
    expect(seen.id).toMatch(/^\d{20,35}$/)

    await settle(page)
    expect(outside.events.map(({ type }) => type)).toEqual(['page', 'custom'])
    expect(outside.refused).toEqual([])
    expect(visitor.complaints).toEqual([])
  })

  test('asks for no numbers where none are to be replaced', async () => {
    const { outside, visit } = visitor
    outside.settings.replaces = []
    await visit('/')
    expect((await outside.event('page')).lease).toBe(false)
  })

  test('keeps the ids in cookies that all subdomains and other scripts can read', async () => {
    const { outside, visit, context } = visitor
    await visit('/')
    const first = await outside.event('page')
    const cookies = await context.cookies()
    expect(cookies.map(({ name, value, domain }) => ({ name, value, domain }))).toEqual(
      expect.arrayContaining([
        { name: 'tl_visitor', value: first.visitor, domain: '.shop.test' },
        { name: 'tl_session', value: first.session, domain: '.shop.test' },
      ]),
    )
    expect(cookies).toHaveLength(2)
    expect(cookies.every(({ httpOnly, sameSite }) => !httpOnly && sameSite === 'Lax')).toBe(true)

    outside.put('/other', pageOf(outside.snippet, ''))
    const sub = await context.newPage()
    await sub.goto(`${outside.site.replace('www.', 'spb.')}/other`)
    const second = await outside.event('page', ({ origin }) => origin.includes('spb.'))
    expect([second.visitor, second.session]).toEqual([first.visitor, first.session])
  })
})

describe('a session', () => {
  test('goes on over pages and tabs', async () => {
    const { outside, visit } = visitor
    await visit('/?utm_source=a')
    const first = await outside.event('page')
    await visit('/second')
    const second = await outside.event('page', ({ id }) => id !== first.id)
    expect([second.visitor, second.session]).toEqual([first.visitor, first.session])
  })

  test('is a new one with a new campaign, and the same one when the same link is opened again', async () => {
    const { outside, visit } = visitor
    await visit('/?utm_source=a&gclid=1')
    const first = await outside.event('page')
    await visit('/again?utm_source=a&gclid=1')
    const again = await outside.event('page', ({ url }) => String(url).includes('/again'))
    await visit('/next?utm_source=a&gclid=2')
    const next = await outside.event('page', ({ url }) => String(url).includes('/next'))
    expect(again.session).toBe(first.session)
    expect(next.session).not.toBe(first.session)
    expect(next.visitor).toBe(first.visitor)
  })

  test('is a new one with a campaign whose tags are the end of those before', async () => {
    const { outside, visit } = visitor
    await visit('/?utm_source=a&dclid=1')
    const first = await outside.event('page')
    await visit('/next?dclid=1')
    const next = await outside.event('page', ({ url }) => String(url).includes('/next'))
    expect(next.session).not.toBe(first.session)
  })

  const withoutClickId = "<script>history.replaceState({}, '', location.href.replace(/&gclid=\\d/, ''))</script>"

  test.each([
    ['loaded anew', (page: Page) => page.reload()],
    [
      'come back to',
      async (page: Page) => {
        await page.goto('about:blank')
        await page.goBack()
      },
    ],
  ])('goes on when a page is %s whose router has kept a part of its tags', async (_, again) => {
    const { outside, visit } = visitor
    const page = await visit('/?utm_source=a&gclid=1', withoutClickId)
    const first = await outside.event('page')
    await again(page)
    const second = await outside.event('page', ({ id }) => id !== first.id)
    expect(second.url).toBe(`${outside.site}/?utm_source=a`)
    expect(second.session).toBe(first.session)
    // A campaign that such a page meets later is one all the same.
    await page.evaluate(() => history.pushState({}, '', '/next?utm_source=spring'))
    const next = await outside.event('page', ({ url }) => String(url).includes('/next'))
    expect(next.session).not.toBe(first.session)
  })

  test.each([
    ['spring2', 'spring'],
    ['spring', 'spring2'],
  ])('is a new one when %s gives way to %s', async (before, after) => {
    const { outside, visit } = visitor
    await visit(`/?utm_campaign=${before}&utm_source=a`)
    const first = await outside.event('page')
    await visit(`/next?utm_campaign=${after}&utm_source=a`)
    const next = await outside.event('page', ({ url }) => String(url).includes('/next'))
    expect(next.session).not.toBe(first.session)
  })

  test('of a campaign with long tags is one that the service takes, and goes on over pages', async () => {
    const { outside, visit } = visitor
    const tags = `utm_source=yandex&utm_campaign=${'flats_'.repeat(9)}&utm_term=${'kvartira_'.repeat(9)}&yclid=1234567890`
    // The random part of an id differs in length; here it is as long as it gets.
    await visitor.context.addInitScript(() => {
      const random = Math.random
      Math.random = () => random() / 1e5
    })
    await visit(`/?${tags}`)
    const first = await outside.event('page')
    await visit('/second')
    const second = await outside.event('page', ({ url }) => String(url).endsWith('/second'))
    expect(second.session).toBe(first.session)
    expect(first.session.length).toBeLessThan(124)
    expect(outside.refused).toEqual([])
  })

  test('is not taken back by a tab that still shows the campaign of before', async () => {
    const { outside, visit, settle } = visitor
    const old = await visit('/a?utm_source=a')
    await outside.event('page')
    await visit('/b?utm_source=b')
    const { session } = await outside.event('page', ({ url }) => String(url).includes('/b'))
    await settle(old)
    expect((await outside.event('custom')).session).toBe(session)
    expect(outside.events.filter(({ type }) => type === 'page')).toHaveLength(2)
  })

  test('is over after half an hour of silence; the next sign of life is a page of a new one', async () => {
    const { outside, context } = visitor
    const page = await context.newPage()
    await page.clock.install()
    outside.put('/', pageOf(outside.snippet, '<h1>Shop</h1>'))
    await page.goto(`${outside.site}/`)
    await page.clock.runFor(100)
    const first = await outside.event('page')
    await page.clock.fastForward(29 * 60_000)
    await page.mouse.move(10, 10)
    await page.clock.runFor(100)
    expect(outside.events.filter(({ type }) => type === 'page')).toHaveLength(1)

    // The browser forgets the cookie by its own clock, which no test can turn.
    await page.clock.fastForward(31 * 60_000)
    await context.clearCookies({ name: 'tl_session' })
    await page.mouse.move(20, 20)
    await page.clock.runFor(100)
    const second = await outside.event('page', ({ id }) => id !== first.id)
    expect(second.session).not.toBe(first.session)
    expect(second).toMatchObject({ visitor: first.visitor, referrer: '', lease: true })
  })
})

describe('the cookie of a visitor', () => {
  /** Caps what scripts write at a week, as Safari does. */
  const asInSafari = (): void => {
    const { get, set } = Object.getOwnPropertyDescriptor(Document.prototype, 'cookie') as Required<PropertyDescriptor>
    const cap = function (this: Document, text: string) {
      set.call(this, text.replace('max-age=34560000', 'max-age=604800'))
    }
    Object.defineProperty(Document.prototype, 'cookie', { get, set: cap })
  }
  const daysLeft = async (): Promise<number> => {
    const cookies = (await visitor.context.cookies()).filter(({ name }) => name === 'tl_visitor')
    expect(cookies).toMatchObject([{ domain: '.shop.test', httpOnly: false, secure: false, sameSite: 'Lax' }])
    return Math.round(((cookies[0]?.expires as number) - Date.now() / 1000) / 86_400)
  }
  const ownSnippet = () => visitor.outside.snippet.replace('stats.test', 'stats.shop.test')

  test('is set once more by the answer of a service on the same site, once a day, and outlives the week of Safari', async () => {
    const { outside, context, visit } = visitor
    await context.addInitScript(asInSafari)
    outside.snippet = ownSnippet()
    const page = await visit('/')
    const { visitor: id } = await outside.event('page')
    await page.waitForFunction(() => performance.getEntriesByType('resource').some(({ name }) => /events/.test(name)))
    await expect.poll(daysLeft).toBe(400)
    expect(outside.cookies).toEqual([`tl_visitor=${id}; Domain=shop.test; Path=/; Max-Age=34560000; SameSite=Lax`])

    const next = await visit('/next')
    await outside.event('page', ({ url }) => String(url).endsWith('/next'))
    await visitor.settle(next)
    expect(outside.cookies).toHaveLength(1)
    expect(await daysLeft()).toBe(400)
    expect(outside.requests.filter((request) => request !== 'POST /v1/events')).toEqual([])
    expect(visitor.complaints).toEqual([])
  })

  test('is asked for again a day later, by a page that stands open as well', async () => {
    const { outside, context } = visitor
    outside.snippet = ownSnippet()
    outside.put('/', pageOf(outside.snippet, ''))
    const page = await context.newPage()
    await page.clock.install()
    await page.goto(`${outside.site}/`)
    await page.clock.runFor(100)
    const first = await outside.event('page')
    await page.clock.fastForward(25 * 3_600_000)
    await visitor.settle(page)
    expect(outside.cookies).toHaveLength(2)
    expect((await outside.event('custom')).visitor).toBe(first.visitor)
  })

  test('is left to the script where the service is on another site', async () => {
    const { outside, visit, settle } = visitor
    const page = await visit('/')
    await outside.event('page')
    await settle(page)
    expect(outside.cookies).toEqual([])
    expect(await daysLeft()).toBe(400)
  })

  test('that was lost comes back from its mirror', async () => {
    const { outside, context, visit } = visitor
    await visit('/')
    const first = await outside.event('page')
    await context.clearCookies()
    await visit('/next')
    expect((await outside.event('page', ({ url }) => String(url).endsWith('/next'))).visitor).toBe(first.visitor)
    // On the same day too, for the subdomains that do not share the mirror.
    await expect.poll(daysLeft).toBe(400)
  })
})

describe('what is written', () => {
  /** All that a page wrote into `document.cookie`, word by word. */
  const record = (): void => {
    const { get, set } = Object.getOwnPropertyDescriptor(Document.prototype, 'cookie') as Required<PropertyDescriptor>
    const written: string[] = []
    Object.assign(window, { written })
    const note = function (this: Document, text: string) {
      written.push(text)
      set.call(this, text)
    }
    Object.defineProperty(Document.prototype, 'cookie', { get, set: note })
  }

  test('says that no other site may have it sent', async () => {
    const { outside, context, visit } = visitor
    await context.addInitScript(record)
    const page = await visit('/')
    await outside.event('page')
    const written = await page.evaluate(() => Reflect.get(window, 'written') as string[])
    expect(written.length).toBeGreaterThan(2)
    expect(written.filter((text) => !/;samesite=lax$/.test(text))).toEqual([])
  })

  test('on a host with a dot at its end is kept for that host', async () => {
    const { outside, context } = visitor
    outside.put('/', pageOf(outside.snippet, ''))
    const page = await context.newPage()
    const site = outside.site.replace('.test:', '.test.:')
    await page.goto(`${site}/`)
    const first = await outside.event('page')
    await page.goto(`${site}/?again`)
    const again = await outside.event('page', ({ url }) => String(url).includes('again'))
    expect([again.visitor, again.session]).toEqual([first.visitor, first.session])
    expect((await context.cookies()).map(({ name, domain }) => [name, domain]).sort()).toEqual([
      ['tl_session', 'www.shop.test.'],
      ['tl_visitor', 'www.shop.test.'],
    ])
    expect(outside.refused).toEqual([])
    expect(visitor.complaints).toEqual([])
  })
})

describe('without storage', () => {
  test.each([
    [
      'refused',
      () => {
        const refuse = (): never => {
          throw new DOMException('refused', 'SecurityError')
        }
        Object.defineProperty(Document.prototype, 'cookie', { get: refuse, set: refuse })
        Object.defineProperty(window, 'localStorage', { get: refuse })
      },
    ],
    [
      'full',
      () => {
        Object.defineProperty(Document.prototype, 'cookie', { get: () => '', set: () => {} })
        Storage.prototype.setItem = () => {
          throw new DOMException('full', 'QuotaExceededError')
        }
      },
    ],
  ])('(%s) a page still is one visitor in one session', async (_, breakStorage) => {
    const { outside, context, visit, settle } = visitor
    await context.addInitScript(breakStorage)
    const page = await visit('/', '<a href="tel:+74950000000">+7 (495) 000-00-00</a>')
    const first = await outside.event('page')
    await settle(page)
    const mark = await outside.event('custom')
    expect([mark.visitor, mark.session]).toEqual([first.visitor, first.session])
    await page.getByText('+7 (495) 123-45-67').waitFor()
    expect(outside.refused).toEqual([])
    expect(visitor.complaints).toEqual([])
  })

  test.each([
    ['with other signs than an id has', '<script>'],
    ['longer than an id may be', '7'.repeat(129)],
  ])('a spoiled cookie (%s) is replaced, not sent', async (_, value) => {
    const { outside, context, visit } = visitor
    for (const name of ['tl_visitor', 'tl_session'])
      await context.addCookies([{ name, value, domain: 'www.shop.test', path: '/' }])
    await visit('/')
    const { visitor: id, session } = await outside.event('page')
    expect(id).toMatch(/^\d{20,30}$/)
    expect(session).not.toBe(value)
    expect(outside.refused).toEqual([])
  })

  test('a cookie as long as an id may be is sent', async () => {
    const { outside, context, visit } = visitor
    await context.addCookies([{ name: 'tl_visitor', value: '7'.repeat(128), domain: '.shop.test', path: '/' }])
    await visit('/')
    expect((await outside.event('page')).visitor).toBe('7'.repeat(128))
  })
})

describe('the script', () => {
  test('works once when the snippet stands twice', async () => {
    const { outside, visit, settle } = visitor
    const page = await visit('/', outside.snippet)
    await page.waitForLoadState('load')
    await outside.event('page')
    await settle(page)
    expect(outside.events.map(({ type }) => type)).toEqual(['page', 'custom'])
  })

  test('finds its service below a path, and without currentScript', async () => {
    const { outside, context } = visitor
    outside.snippet = `<script async src="${outside.endpoint}/sub/path/t/shop.js"></script>`
    await context.addInitScript(() => Object.defineProperty(Document.prototype, 'currentScript', { get: () => null }))
    await visitor.visit('/')
    await outside.event('page')
    expect(outside.requests).toEqual(['POST /sub/path/v1/events'])
  })

  test('is told its service by data-tl-base when it comes under another name', async () => {
    const { outside, context } = visitor
    const code = await (await fetch(`${outside.endpoint.replace('stats.test', '127.0.0.1')}/t/shop.js`)).text()
    outside.put('/assets/all.js', code, { 'content-type': 'text/javascript' })
    outside.put('/', pageOf(`<script async src="/assets/all.js" data-tl-base="${outside.endpoint}"></script>`, ''))
    const page = await context.newPage()
    await page.goto(`${outside.site}/`)
    await outside.event('page')
    expect(outside.requests).toEqual(['POST /v1/events'])
  })

  test('keeps still where it cannot find its service', async () => {
    const { outside, context } = visitor
    const code = await (await fetch(`${outside.endpoint.replace('stats.test', '127.0.0.1')}/t/shop.js`)).text()
    outside.put('/', pageOf('', '<h1>Shop</h1>'))
    const page = await context.newPage()
    await page.goto(`${outside.site}/`)
    await page.evaluate((code) => setTimeout(code), code)
    await page.waitForFunction(() => new Promise((resolve) => setTimeout(() => resolve(true), 100)))
    expect(await page.evaluate(() => 'throughline' in window)).toBe(false)
    expect(visitor.complaints).toEqual([])
  })
})
