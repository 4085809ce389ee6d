import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { browseAlone, fullChromium, openFullBrowser } from '#tests/support/full-chromium.ts'
import { type Outside, openOutside } from './outside.ts'
import { pageOf } from './visiting.ts'

let outside: Outside

const told = () =>
  outside.events.map((event) => {
    const { pathname } = new URL(String(event.url))
    return 'name' in event ? String(event.name) : `${event.type} ${pathname}`
  })

describe.skipIf(!fullChromium)('in a Chromium with all its caches', () => {
  beforeAll(async () => {
    outside = await openOutside()
  })
  beforeEach(() => outside.reset())
  afterAll(() => outside?.close())

  describe('a page that comes back from the back/forward cache', () => {
    let browser: Browser
    beforeAll(async () => {
      browser = await openFullBrowser()
    })
    afterAll(() => browser?.close())

    test('is counted again, and what was read of it before and after is told under its own address', async () => {
      const page = await browser.newPage()
      for (const path of ['/first', '/second']) outside.put(path, pageOf(outside.snippet, `<h1>${path}</h1>`))
      await page.goto(`${outside.site}/first`)
      await outside.event('page')
      await page.evaluate(() => {
        Reflect.set(window, 'isKept', true)
        location.assign('/second')
      })
      await outside.event('page', ({ url }) => String(url).endsWith('/second'))
      await page.evaluate(() => history.back()).catch(() => {})
      await outside.waitFor('three pages', () => told().filter((what) => what.startsWith('page')).length === 3)
      // Else it was loaded anew, and nothing is shown.
      expect(await page.evaluate(() => Reflect.get(window, 'isKept'))).toBe(true)
      await page.evaluate(() => history.forward()).catch(() => {})
      await outside.waitFor('four pages', () => told().filter((what) => what.startsWith('page')).length === 4)
      await page.close()
      const [page1, page2, page3, page4] = outside.events.filter(({ type }) => type === 'page')
      expect([page1, page2, page3, page4].map((event) => new URL(String(event?.url)).pathname)).toEqual([
        '/first',
        '/second',
        '/first',
        '/second',
      ])
      expect(new Set(outside.events.map(({ session }) => session)).size).toBe(1)
      expect(new Set(outside.events.map(({ id }) => id)).size).toBe(outside.events.length)
      expect(told().slice(0, 3)).toEqual(['page /first', 'leave /first', 'page /second'])
      expect(outside.refused).toEqual([])
    })
  })

  describe('a prerendered page', () => {
    const rules = JSON.stringify({ prerender: [{ urls: ['/next', '/never'], eagerness: 'immediate' }] })
    const early = `<script>
      window.throughline=window.throughline||function(){(throughline.q=throughline.q||[]).push(arguments)}
      throughline('event', 'early ' + location.pathname, { prerendering: document.prerendering })
      addEventListener('load', () => setTimeout(() => localStorage.setItem('ready ' + location.pathname, '1'), 200))
    </script>`
    // Nobody drives this browser: the page itself waits until both are there, and then goes to one of them.
    const start = `<script type="speculationrules">${rules}</script><script>
      const asked = setInterval(() => {
        if (!localStorage.getItem('ready /next') || !localStorage.getItem('ready /never')) return
        clearInterval(asked)
        throughline('event', 'goes')
        setTimeout(() => location.assign('/next'), 100)
      }, 50)
    </script>`

    test('waits until it is looked at; one that never is tells nothing', async () => {
      outside.put('/start', pageOf(outside.snippet, start))
      for (const path of ['/next', '/never']) outside.put(path, pageOf(early + outside.snippet, `<h1>${path}</h1>`))
      const browser = await browseAlone(`${outside.site}/start`)
      try {
        await outside.event('page', ({ url }) => String(url).endsWith('/next'))
        const happened = await outside.event('custom', (event) => 'name' in event && event.name === 'early /next')
        expect(happened).toMatchObject({ props: '{"prerendering":true}' })
        await outside.event('leave')
      } finally {
        await browser.close()
      }
      expect(told().slice(0, 2)).toEqual(['page /start', 'goes'])
      expect(told().slice(2).sort()).toEqual(['early /next', 'leave /start', 'page /next'])
      expect(new Set(outside.events.map(({ session }) => session)).size).toBe(1)
      expect(outside.refused).toEqual([])
    })
  })
})
