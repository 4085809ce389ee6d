import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { expect } from 'vitest'
import { ADMIN_TOKEN, type RunningService, waitUntil } from '../support/running-service.ts'

const HISTORY_MAX_MS = 110_000

export interface DashboardPage {
  page: Page
  context: BrowserContext
  /** Errors of the page and in its console, since the last look. */
  complaints: string[]
}

/**
 * A page of the dashboard in a browser of its own: nothing of another test is in it, so that a second try begins where the
 * first did. A headless browser says that it is one, and would be taken for a bot.
 */
export async function openDashboard(browser: Browser, options: { locale?: string; width?: number } = {}) {
  const { locale = 'en-GB', width = 1440 } = options
  const userAgent = `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${browser.version()} Safari/537.36`
  const context = await browser.newContext({
    locale,
    viewport: { width, height: 900 },
    userAgent,
    reducedMotion: 'reduce',
  })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(String(error)))
  return { page, context, complaints } satisfies DashboardPage
}

/** Opens an address of the dashboard and signs in there, as the administrator. */
export async function signInAt({ page }: DashboardPage, address: string): Promise<void> {
  await page.goto(address)
  await page.fill('input[type=password]', ADMIN_TOKEN)
  await page.keyboard.press('Enter')
  await page.getByRole('navigation').waitFor()
}

/** Waits until history includes a write. One read waits for half a minute, which a large write on a busy machine outlasts. */
export async function waitForHistory(service: RunningService, site: string, position: string): Promise<void> {
  let status = 0
  await waitUntil(
    async () => {
      status = (await service.api('GET', `/v1/status?site=${site}&after=${position}`)).status
      return status === 200
    },
    HISTORY_MAX_MS,
    () => `History did not reach ${position}: ${status}`,
  )
}

/** Nothing is on its way or moves any more, but what turns for ever: what is read and looked at now is what stays. */
export async function settle(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const ends = ({ effect }: Animation) => effect?.getComputedTiming().iterations !== Number.POSITIVE_INFINITY
    const moves = document.getAnimations().some((one) => one.playState === 'running' && ends(one))
    return !moves && document.querySelector('[aria-busy=true]') === null
  })
}

/** Serious violations of the page as it stands, each with where it is. */
export async function violations(page: Page): Promise<string[]> {
  await settle(page)
  const found = await new AxeBuilder({ page }).analyze()
  expect(found.passes.length).toBeGreaterThan(10)
  return found.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target).join(' ')}`)
}

/** The same in the light and in the dark. */
export async function violationsInBothSchemes(page: Page): Promise<string[]> {
  const all: string[] = []
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await page.waitForSelector(`html[data-mantine-color-scheme=${colorScheme}]`)
    all.push(...(await violations(page)).map((one) => `${colorScheme}: ${one}`))
  }
  return all
}

/** Whether the page is no wider than the window: tables may scroll, the page may not. */
export async function fits(page: Page): Promise<boolean> {
  return page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)
}
