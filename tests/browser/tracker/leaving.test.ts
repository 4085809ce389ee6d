import { describe, expect, test } from 'vitest'
import { pageOf, show, stopClock, visiting } from './visiting.ts'

const visitor = visiting()

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

  test('a route that was read far, for one that is not, tells the depth of each', async () => {
    const { outside, visit } = visitor
    const page = await visit('/one', '<div style="height:5000px"></div>')
    await outside.event('page')
    await page.mouse.wheel(0, 3000)
    await page.waitForFunction(() => scrollY >= 3000)
    // As routers do: first the address, then the new page, and then to its top.
    await page.evaluate(() => {
      history.pushState({}, '', '/two')
      return new Promise<void>((resolve) =>
        requestAnimationFrame(() => {
          scrollTo(0, 0)
          resolve()
        }),
      )
    })
    await outside.event('page', ({ url }) => String(url).endsWith('/two'))
    await page.goto('about:blank')
    await outside.waitFor('both ends', () => outside.events.filter(({ type }) => type === 'leave').length === 2)
    const depths = outside.events.flatMap((event) =>
      'scroll_percent' in event ? [[new URL(String(event.url)).pathname, Number(event.scroll_percent) > 50]] : [],
    )
    expect(depths).toEqual([
      ['/one', true],
      ['/two', false],
    ])
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
    // A moment shorter than a router's redirects is no part.
    await page.waitForFunction(() => new Promise((resolve) => setTimeout(() => resolve(true), 100)))
    await show(page, false)
    await outside.waitFor('the second part', () => outside.events.filter(({ type }) => type === 'leave').length === 2)
    const total = outside.events.reduce((sum, event) => sum + ('engaged_ms' in event ? Number(event.engaged_ms) : 0), 0)
    expect(total).toBeLessThan(15_000)
  })

  test('of a page as high as the window was read to its end', async () => {
    const { outside, visit } = visitor
    const page = await visit('/short')
    await outside.event('page')
    await page.goto('about:blank')
    expect(await outside.event('leave')).toMatchObject({ scroll_percent: 100 })
  })

  test('of a page in quirks mode tells how far it was read too', async () => {
    const { outside, context } = visitor
    outside.put('/quirks', `<html><head>${outside.snippet}</head><body><div style="height:5000px"></div></body></html>`)
    const page = await context.newPage()
    await page.goto(`${outside.site}/quirks`)
    await outside.event('page')
    await page.mouse.wheel(0, 2000)
    await page.waitForFunction(() => scrollY >= 2000)
    await page.goto('about:blank')
    const { scroll_percent } = (await outside.event('leave')) as { scroll_percent?: number }
    expect(scroll_percent).toBeGreaterThanOrEqual(50)
    expect(scroll_percent).toBeLessThan(60)
  })

  test('is told once where the browser hides no page before it unloads it', async () => {
    const { outside, visit, settle } = visitor
    const page = await visit('/')
    await outside.event('page')
    await page.evaluate(() => dispatchEvent(new PageTransitionEvent('pagehide')))
    await outside.event('leave')
    await show(page, false)
    await settle(page)
    expect(outside.events.filter(({ type }) => type === 'leave')).toHaveLength(1)
  })

  test('counts the time a page is seen and has the focus, and no other', async () => {
    const { outside, context } = visitor
    const page = await context.newPage()
    await stopClock(page)
    outside.put('/', pageOf(outside.snippet, ''))
    await page.goto(`${outside.site}/`)
    await page.clock.runFor(100)
    await outside.event('page')
    await page.clock.runFor(90_000)
    await page.evaluate(() => {
      document.hasFocus = () => false
      dispatchEvent(new Event('blur'))
    })
    await page.clock.runFor(200_000)
    await page.evaluate(() => {
      document.hasFocus = () => true
      dispatchEvent(new Event('focus'))
    })
    await page.clock.runFor(30_000)
    await page.evaluate(() => history.pushState({}, '', '/two'))
    const { engaged_ms } = (await outside.event('leave')) as { engaged_ms?: number }
    expect(engaged_ms).toBeGreaterThan(119_000)
    expect(engaged_ms).toBeLessThan(122_000)
  })

  test('by falling silent is told of the session that was, when the next one begins', async () => {
    const { outside, context } = visitor
    const page = await context.newPage()
    await stopClock(page)
    outside.put('/', pageOf(outside.snippet, ''))
    await page.goto(`${outside.site}/`)
    await page.clock.runFor(100)
    const first = await outside.event('page')
    await page.clock.runFor(60_000)
    await page.evaluate(() => {
      document.hasFocus = () => false
      dispatchEvent(new Event('blur'))
    })
    await page.clock.fastForward(3_600_000)
    await context.clearCookies({ name: 'tl_session' })
    await page.mouse.move(5, 5)
    await page.clock.runFor(100)
    const second = await outside.event('page', ({ id }) => id !== first.id)
    const left = await outside.event('leave')
    expect(second.session).not.toBe(first.session)
    expect(left.session).toBe(first.session)
    expect(left).toMatchObject({ engaged_ms: expect.any(Number) })
    expect((left as { engaged_ms?: number }).engaged_ms).toBeGreaterThan(59_000)
    expect(Number(left.at) - Number(first.at)).toBeLessThan(30 * 60_000)
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
    await stopClock(page)
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
