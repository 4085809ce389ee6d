import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { pageOf, show, visiting } from './visiting.ts'

const visitor = visiting()

const paths = () =>
  visitor.outside.events.filter(({ type }) => type === 'page').map(({ url }) => new URL(String(url)).pathname)

describe('a page of a router', () => {
  test('is counted when its path is new, with the page before it as referrer', async () => {
    const { outside, visit, settle } = visitor
    const page = await visit('/one?tab=1')
    await outside.event('page')
    await page.evaluate(() => history.pushState({}, '', '/two'))
    const two = await outside.event('page', ({ url }) => String(url).endsWith('/two'))
    expect(two).toMatchObject({ referrer: `${outside.site}/one?tab=1`, lease: true })
    await page.evaluate(() => history.back())
    await outside.waitFor('the page gone back to', () => paths().length === 3)
    await settle(page)
    expect(paths()).toEqual(['/one', '/two', '/one'])
  })

  test('is none when only query, hash or state are rewritten', async () => {
    const { outside, visit, settle } = visitor
    const page = await visit('/list')
    await outside.event('page')
    await page.evaluate(async () => {
      history.replaceState({ scroll: 100 }, '', '/list?sort=price')
      history.pushState({}, '', '/list?sort=area#photos')
      location.hash = 'plan'
      await new Promise((resolve) => setTimeout(resolve, 120))
    })
    await settle(page)
    expect(paths()).toEqual(['/list'])
  })

  test('counts once, and last, in a chain of redirects', async () => {
    const { outside, visit, settle } = visitor
    const page = await visit('/')
    await outside.event('page')
    await page.evaluate(() => {
      history.pushState({}, '', '/old')
      history.replaceState({}, '', '/old/moved')
      history.replaceState({}, '', '/new')
    })
    await outside.event('page', ({ url }) => String(url).endsWith('/new'))
    await settle(page)
    expect(paths()).toEqual(['/', '/new'])
  })

  test('with new tags begins a new session, even on the same path', async () => {
    const { outside, visit } = visitor
    const page = await visit('/?utm_source=a')
    const first = await outside.event('page')
    await page.evaluate(() => history.pushState({}, '', '/?utm_source=b'))
    const second = await outside.event('page', ({ url }) => String(url).includes('=b'))
    expect(second.session).not.toBe(first.session)
    expect(second).toMatchObject({ referrer: '', visitor: first.visitor })
  })

  test.each(['utm_source=b', 'gclid=2', 'yclid=3', 'ysclid=4', 'wbraid=5', '_openstat=6'])(
    'whose address gains %s is a page of a new session',
    async (tags) => {
      const { outside, visit } = visitor
      const page = await visit('/?a=1')
      const first = await outside.event('page')
      await page.evaluate((tags) => history.replaceState({}, '', `/?a=1&${tags}`), tags)
      const second = await outside.event('page', ({ url }) => String(url).endsWith(tags))
      expect(second.session).not.toBe(first.session)
      await page.evaluate((tags) => history.replaceState({ y: 9 }, '', `/?a=1&${tags}#photos`), tags)
      await visitor.settle(page)
      expect(paths()).toEqual(['/', '/'])
    },
  )

  test('of a router that took hold of history before the script came is counted too', async () => {
    const { outside, context } = visitor
    await context.addInitScript(() => {
      const own = history.pushState.bind(history)
      Reflect.set(window, 'go', (path: string) => own({}, '', path))
    })
    const page = await visitor.visit('/one')
    await outside.event('page')
    await page.evaluate(() => Reflect.get(window, 'go')('/two'))
    await outside.event('page', ({ url }) => String(url).endsWith('/two'))
    expect(await page.evaluate(() => Object.hasOwn(history, 'pushState'))).toBe(false)
  })

  test('that still shows the campaign of before, counted by a call in the session of another tab, is one page', async () => {
    const { outside, visit, settle } = visitor
    const old = await visit('/a?utm_source=a')
    await outside.event('page')
    await visit('/b?utm_source=b')
    await outside.event('page', ({ url }) => String(url).includes('/b'))
    await old.evaluate(() => Reflect.get(window, 'throughline')('page'))
    await outside.waitFor('the page that was called for', () => paths().length === 3)
    // Longer than two looks at the address.
    await old.waitForFunction(() => new Promise((resolve) => setTimeout(() => resolve(true), 2200)))
    await settle(old)
    expect(paths()).toEqual(['/a', '/b', '/a'])
  })

  test('that counts itself by a call leaves the one before it', async () => {
    const { outside, visit } = visitor
    const page = await visit('/quiz')
    await outside.event('page')
    await page.evaluate(() => Reflect.get(window, 'throughline')('page'))
    await outside.waitFor('both pages', () => paths().length === 2)
    expect(outside.events.map(({ type }) => type)).toEqual(['page', 'leave', 'page'])
  })
})

describe('tags that a router takes off the address before the script comes', () => {
  const router = (path: string) => `<script>history.replaceState({}, '', '${path}')</script>`

  test.each([
    ['the query alone', '/flats', true],
    ['with another path', '/home#top', true],
    ['where no numbers are replaced', '/home', false],
  ])('(%s) are told with the page all the same, once', async (_, path, isWithCalls) => {
    const { outside, context, settle } = visitor
    if (!isWithCalls) outside.settings.replaces = []
    outside.put('/flats', pageOf(router(path) + outside.snippet, ''))
    const page = await context.newPage()
    const loaded = `${outside.site}/flats?utm_source=yandex&yclid=7`
    await page.goto(loaded)
    const first = await outside.event('page')
    expect(first.url).toBe(loaded)
    expect(first.session).toMatch(/-utm_sourceyandexyclid7$/)
    await page.evaluate(() => history.pushState({}, '', '/next'))
    const next = await outside.event('page', ({ url }) => String(url).endsWith('/next'))
    expect([next.url, next.session]).toEqual([`${outside.site}/next`, first.session])
    await settle(page)
    expect(paths()).toEqual(['/flats', '/next'])
  })

  test.each([
    ['of two one', '?gclid=1&utm_source=google', '?utm_source=google'],
    ['the last of many', '?utm_source=google&utm_medium=cpc&gclid=1', '?utm_source=google&utm_medium=cpc'],
    ['a part of one', '?utm_source=google&gclid=21', '?utm_source=google&gclid=3'],
  ])('are told when it is %s', async (_, query, left) => {
    const { outside, context } = visitor
    outside.put('/flats', pageOf(router(`/flats${left}`) + outside.snippet, ''))
    const page = await context.newPage()
    await page.goto(`${outside.site}/flats${query}`)
    const first = await outside.event('page')
    expect(first.url).toBe(`${outside.site}/flats${query}`)
    expect(first.session.endsWith(`-${query.replace(/\W/g, '')}`)).toBe(true)
    // What the router keeps on its later pages is no other campaign.
    await page.evaluate((left) => history.pushState({}, '', `/next${left}`), left)
    const next = await outside.event('page', ({ url }) => String(url).includes('/next'))
    expect([next.url, next.session]).toEqual([`${outside.site}/next${left}`, first.session])
  })

  test.each([
    ['stand in it still', '/flats?utm_source=yandex#top', '/flats?utm_source=yandex#top'],
    ['stand in it beside another', '/flats?utm_source=yandex&gclid=1', '/flats?utm_source=yandex&gclid=1'],
    ['never were there', '/home', '/home'],
  ])('are not looked for where they %s', async (_, path, told) => {
    const { outside, context } = visitor
    outside.put('/flats', pageOf(router(path) + outside.snippet, ''))
    const page = await context.newPage()
    await page.goto(`${outside.site}/flats?${path.includes('?') ? 'utm_source=yandex' : 'page=2'}`)
    expect((await outside.event('page')).url).toBe(`${outside.site}${told}`)
  })
})

test('tags of another file are not taken for those of the page, in a browser that does not tell how a page was loaded', async () => {
  const { outside, context } = visitor
  await context.addInitScript(() => {
    const entries = performance.getEntries.bind(performance)
    performance.getEntries = () => entries().filter(({ entryType }) => entryType === 'resource')
    performance.getEntriesByType = (type) =>
      entries().filter(({ entryType }) => entryType === type && type !== 'navigation')
  })
  outside.put('/pixel.js', '', { 'content-type': 'text/javascript' })
  outside.put('/', pageOf(`<script src="/pixel.js?gclid=1"></script>${outside.snippet}`, ''))
  const page = await context.newPage()
  await page.goto(`${outside.site}/`)
  expect((await outside.event('page')).url).toBe(`${outside.site}/`)
})

test.each([
  ['has nothing of its loading', 'performance.getEntriesByType = () => []'],
  [
    'has a clock of its own in place of it',
    "Object.defineProperty(window, 'performance', { value: { now: Date.now } })",
  ],
  ['has nothing in its place', "Object.defineProperty(window, 'performance', { value: undefined })"],
])('a page whose `performance` %s is told under its address, and hears of no mistake', async (_, script) => {
  await visitor.context.addInitScript(script)
  await visitor.visit('/flats?page=2')
  expect((await visitor.outside.event('page')).url).toBe(`${visitor.outside.site}/flats?page=2`)
  expect(visitor.complaints).toEqual([])
})

describe('hash routes', () => {
  const walk = async (page: Page, wait_ms = 120) => {
    await page.evaluate(async (wait_ms) => {
      const wait = () => new Promise((resolve) => setTimeout(resolve, wait_ms))
      location.hash = '#/flats?rooms=2'
      await wait()
      location.hash = '#/flats?rooms=3'
      await wait()
      history.replaceState({}, '', '?y=1#/flats?rooms=3')
      history.pushState({}, '', '#/contacts')
      await wait()
      history.back()
      await wait()
    }, wait_ms)
    await visitor.settle(page)
    return visitor.outside.events.flatMap(({ type, url }) => (type === 'page' ? [new URL(String(url)).hash] : []))
  }

  test.each([
    ['are pages where the site says so', undefined, 120],
    [
      'are pages too in a browser without the Navigation API, which is looked at once a second',
      () => Reflect.deleteProperty(window, 'navigation'),
      1300,
    ],
  ])('%s', async (_, prepare, wait_ms) => {
    const { outside, context, visit } = visitor
    if (prepare) await context.addInitScript(prepare)
    outside.settings.hash_routes = true
    const page = await visit('/app')
    await outside.event('page')
    expect(await walk(page, wait_ms)).toEqual(['', '#/flats?rooms=2', '#/contacts', '#/flats?rooms=3'])
    const leaves = outside.events.filter(({ type }) => type === 'leave')
    expect(leaves.map(({ url }) => new URL(String(url)).hash)).toEqual(['', '#/flats?rooms=2', '#/contacts'])
  })

  test('are one page otherwise', async () => {
    const page = await visitor.visit('/app')
    await visitor.outside.event('page')
    expect(await walk(page)).toEqual([''])
  })
})

describe('history, in a browser without the Navigation API', () => {
  const watched = async (before = () => {}) => {
    await visitor.context.addInitScript(() => Reflect.deleteProperty(window, 'navigation'))
    await visitor.context.addInitScript(before)
    const page = await visitor.visit('/')
    await visitor.outside.event('page')
    return page
  }

  test('throws, returns and keeps what it did before', async () => {
    const page = await watched()
    const seen = await page.evaluate(() => {
      const thrown = [['https://elsewhere.example/'], ['/x', () => {}]].map(([url, state]) => {
        try {
          history.pushState(state, '', url as string)
        } catch (error) {
          return (error as Error).name
        }
        return 'nothing'
      })
      const foreign = (() => {
        try {
          history.pushState.call({} as History, {}, '', '/y')
        } catch (error) {
          return (error as Error).name
        }
        return 'nothing'
      })()
      const answer = history.pushState({ step: 1 }, '', '/step')
      const before = history.length
      history.replaceState({ step: 2 }, '')
      return { thrown, foreign, answer, state: history.state, path: location.pathname, grew: history.length - before }
    })
    expect(seen).toEqual({
      thrown: ['SecurityError', 'DataCloneError'],
      foreign: 'TypeError',
      answer: undefined,
      state: { step: 2 },
      path: '/step',
      grew: 0,
    })
    await visitor.outside.event('page', ({ url }) => String(url).endsWith('/step'))
    await visitor.settle(page)
    expect(paths()).toEqual(['/', '/step'])
    expect(visitor.complaints).toEqual([])
  })

  test('may be wrapped by the site before the script and after it', async () => {
    const page = await watched(() => {
      const { pushState } = history
      history.pushState = function (...args) {
        Reflect.set(window, 'seen', ['before', this === history, ...args])
        pushState.apply(this, args)
        return 'from the site' as never
      }
    })
    const seen = await page.evaluate(() => {
      // As Next.js does it: bound, and put back when its router goes.
      const original = history.pushState.bind(history)
      let after = 0
      history.pushState = (...args) => {
        after++
        return original(...args)
      }
      const answer = history.pushState({ a: 1 }, '', '/two')
      history.pushState = original
      return { answer, after, seen: Reflect.get(window, 'seen') }
    })
    expect(seen).toEqual({ answer: 'from the site', after: 1, seen: ['before', true, { a: 1 }, '', '/two'] })
    await visitor.outside.event('page', ({ url }) => String(url).endsWith('/two'))
    await page.evaluate(() => history.back())
    await visitor.outside.waitFor('the page gone back to', () => paths().length === 3)
    expect(paths()).toEqual(['/', '/two', '/'])
  })
})

describe('a page that comes back from the back/forward cache', () => {
  test('is counted again, once, and keeps its number', async () => {
    const { outside, visit, settle } = visitor
    const page = await visit('/first', '<p>8 (495) 000-00-00</p>')
    await page.getByText('8 (495) 123-45-67').waitFor()
    // In the order Chromium sends them. The shell that tests run in has no such cache, so nothing here really left.
    await show(page, false)
    await page.evaluate(() => dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true })))
    await show(page, true)
    await page.evaluate(() => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })))
    await outside.waitFor('a second page', () => paths().length === 2)
    await settle(page)

    expect(paths()).toEqual(['/first', '/first'])
    const [first, second] = outside.events.filter(({ type }) => type === 'page')
    expect(second).toMatchObject({ referrer: `${outside.site}/first`, session: first?.session, lease: true })
    expect(await page.textContent('p')).toBe('8 (495) 123-45-67')
  })

  test('is not counted when it was loaded anew', async () => {
    const { outside, visit, settle } = visitor
    const page = await visit('/first')
    await outside.event('page')
    await page.evaluate(() => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: false })))
    await settle(page)
    expect(paths()).toEqual(['/first'])
  })
})

describe('a page nobody looks at', () => {
  test('is counted when it is first seen, once', async () => {
    const { outside, visit, context, settle } = visitor
    await context.addInitScript(() =>
      Object.defineProperty(document, 'hidden', { configurable: true, get: () => true }),
    )
    const page = await visit('/background')
    await page.waitForLoadState('load')
    await settle(page)
    expect(outside.events.map(({ type }) => type)).toEqual(['custom'])
    await show(page, true)
    await outside.event('page')
    await show(page, false)
    await show(page, true)
    await settle(page)
    expect(paths()).toEqual(['/background'])
  })

  test('keeps the referrer it came with, however long it waited', async () => {
    const { outside, context } = visitor
    await context.addInitScript(() =>
      Object.defineProperty(document, 'hidden', { configurable: true, get: () => true }),
    )
    outside.put('/background', pageOf(outside.snippet, ''))
    const page = await context.newPage()
    await page.clock.install()
    await page.goto(`${outside.site}/background`, { referer: 'https://search.example/' })
    await page.waitForFunction(() => 'throughline' in window)
    await page.clock.fastForward(120_000)
    await show(page, true)
    await page.clock.runFor(100)
    expect(await outside.event('page')).toMatchObject({ referrer: 'https://search.example/' })
  })
})
