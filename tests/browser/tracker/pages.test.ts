import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { visiting } from './visiting.ts'

const visitor = visiting()

const paths = () =>
  visitor.outside.events.filter(({ type }) => type === 'page').map(({ url }) => new URL(String(url)).pathname)

const show = (page: Page, shown: boolean) =>
  page.evaluate((shown) => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => !shown })
    Object.defineProperty(document, 'visibilityState', {
      configurable: true,
      get: () => (shown ? 'visible' : 'hidden'),
    })
    document.dispatchEvent(new Event('visibilitychange'))
  }, shown)

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

  test('does not notice that its history is watched', async () => {
    const { outside, visit } = visitor
    const page = await visit('/')
    await outside.event('page')
    const seen = await page.evaluate(() => {
      const thrown = (() => {
        try {
          history.pushState({}, '', 'https://elsewhere.example/')
        } catch (error) {
          return (error as Error).name
        }
        return 'nothing'
      })()
      history.pushState({ step: 1 }, '', '/step')
      return { thrown, state: history.state, path: location.pathname }
    })
    expect(seen).toEqual({ thrown: 'SecurityError', state: { step: 1 }, path: '/step' })
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
})

describe('leaving', () => {
  test('tells how long and how far the page was read', async () => {
    const { outside, visit } = visitor
    const page = await visit('/long', '<div style="height:5000px"></div>')
    await outside.event('page')
    await page.mouse.wheel(0, 2000)
    await page.waitForFunction(() => scrollY >= 2000)
    await page.goto('about:blank')
    const left = await outside.event('leave')
    expect(left).toMatchObject({ url: `${outside.site}/long`, session: outside.events[0]?.session })
    expect(left).toMatchObject({ scroll_percent: expect.any(Number), engaged_ms: expect.any(Number) })
    const { engaged_ms, scroll_percent } = left as { engaged_ms?: number; scroll_percent?: number }
    expect(engaged_ms).toBeGreaterThan(0)
    expect(engaged_ms).toBeLessThan(15_000)
    expect(scroll_percent).toBeGreaterThanOrEqual(50)
    expect(scroll_percent).toBeLessThan(60)
  })

  test('a route of a router is told of the page that was left', async () => {
    const { outside, visit } = visitor
    const page = await visit('/one')
    await outside.event('page')
    await page.evaluate(() => history.pushState({}, '', '/two'))
    expect(await outside.event('leave')).toMatchObject({ url: `${outside.site}/one` })
  })

  test('many times adds up: each part is sent once, and none that is empty', async () => {
    const { outside, visit, settle } = visitor
    const page = await visit('/')
    await outside.event('page')
    await show(page, false)
    await outside.event('leave')
    await show(page, false)
    await settle(page)
    expect(outside.events.filter(({ type }) => type === 'leave')).toHaveLength(1)
    await show(page, true)
    await page.waitForFunction(() => new Promise((resolve) => requestAnimationFrame(() => resolve(true))))
    await show(page, false)
    await outside.waitFor('the second part', () => outside.events.filter(({ type }) => type === 'leave').length === 2)
    const total = outside.events.reduce((sum, event) => sum + ('engaged_ms' in event ? Number(event.engaged_ms) : 0), 0)
    expect(total).toBeLessThan(15_000)
  })

  test('goes by fetch when the browser refuses the beacon', async () => {
    const { outside, visit, context } = visitor
    await context.addInitScript(() => {
      navigator.sendBeacon = () => false
    })
    const page = await visit('/')
    await outside.event('page')
    await show(page, false)
    await outside.event('leave')
    expect(outside.refused).toEqual([])
  })

  test('after an hour of silence belongs to the session that was left, at its last sign of life', async () => {
    const { outside, context } = visitor
    const page = await context.newPage()
    await page.clock.install()
    outside.put('/', `<meta charset="utf-8">${outside.snippet}`)
    await page.goto(`${outside.site}/`)
    await page.clock.runFor(100)
    const seen = await outside.event('page')
    await page.clock.fastForward(3_600_000)
    await context.clearCookies({ name: 'tl_session' })
    await show(page, false)
    const left = await outside.event('leave')
    expect(left.session).toBe(seen.session)
    expect(Number(left.at) - Number(seen.at)).toBeLessThan(30 * 60_000)
  })
})
