import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import { openBrowser } from '#tests/support/browser.ts'
import { type Outside, openOutside } from './outside.ts'

/** A visitor with a browser of their own, and the outside world around the tracker; both new for each test. */
export interface Visiting {
  outside: Outside
  context: BrowserContext
  /** What the browser complained about on any page: failed requests, blocked scripts, errors thrown. */
  complaints: string[]
  /** Makes the page with the snippet in its head, and goes there. */
  visit(path: string, body?: string): Promise<Page>
  /** Puts a custom event through, so that whatever was sent before it has arrived. */
  settle(page: Page): Promise<void>
}

export function visiting(): Visiting {
  let browser: Browser
  let marks = 0
  const self = { complaints: [] as string[] } as Visiting

  beforeAll(async () => {
    browser = await openBrowser()
    self.outside = await openOutside()
  })
  beforeEach(async () => {
    self.outside.reset()
    self.complaints = []
    self.context = await browser.newContext()
    self.context.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') self.complaints.push(message.text())
    })
    self.context.on('weberror', (error) => self.complaints.push(String(error.error())))
  })
  afterEach(async () => {
    await self.context.close()
  })
  afterAll(async () => {
    await browser.close()
    await self.outside.close()
  })

  self.visit = async (path, body = '<h1>Shop</h1>') => {
    const { outside, context } = self
    const { pathname } = new URL(path, outside.site)
    outside.put(pathname, pageOf(outside.snippet, body))
    const page = await context.newPage()
    await page.goto(new URL(path, outside.site).href)
    return page
  }
  self.settle = async (page) => {
    marks += 1
    const name = `mark ${marks}`
    await page.evaluate((name) => Reflect.get(window, 'throughline')('event', name), name)
    await self.outside.event('custom', (event) => 'name' in event && event.name === name)
  }
  return self
}

export function pageOf(head: string, body: string): string {
  return `<!doctype html><html lang="ru"><head><meta charset="utf-8"><link rel="icon" href="data:,"><title>Shop</title>${head}</head><body>${body}</body></html>`
}

/** Hides the page as a switch of tabs does, or shows it again. */
export function show(page: Page, isShown: boolean): Promise<void> {
  return page.evaluate((isShown) => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => !isShown })
    Object.defineProperty(document, 'visibilityState', {
      configurable: true,
      get: () => (isShown ? 'visible' : 'hidden'),
    })
    document.dispatchEvent(new Event('visibilitychange'))
  }, isShown)
}

/** Stops the clock of the page: time passes for it only by `page.clock.runFor`. */
export async function stopClock(page: Page): Promise<void> {
  const now = Date.now()
  await page.clock.install({ time: now })
  await page.clock.pauseAt(now + 1)
}
