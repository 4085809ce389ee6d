import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeYear } from '#demo/fill/make-year.ts'
import { openBrowser } from '../support/browser.ts'
import { ADMIN_TOKEN, type RunningService, removeDataFolder, runService } from '../support/running-service.ts'

const DAYS = 20
const VISITS = 300

let service: RunningService
let browser: Browser
let context: BrowserContext
let page: Page
const complaints: string[] = []
const buyer = { phone: '', name: '' }

beforeAll(async () => {
  service = await runService()
  const language = 'en' as const
  const year = makeYear({ base_url: service.url, days: DAYS, visits: VISITS, seed: 3, now_ms: Date.now(), language })
  const [deal] = year.deals as { contact: { phones: string[]; name: string } }[]
  Object.assign(buyer, { phone: deal?.contact.phones[0], name: deal?.contact.name })
  let position = ''
  for (const kind of ['costs', 'leases', 'calls', 'deals', 'events'] as const) {
    const { status, body } = await service.api('POST', `/v1/${kind}`, year[kind])
    expect([status, body.rejected_total]).toEqual([202, 0])
    position = body.position
    await service.api('GET', `/v1/persons?site=demo&phone=%2B70000000000&after=${position}`)
  }
  await service.api('PUT', '/v1/sites/quiet', { id: 'quiet', domains: ['quiet.example'] })
  browser = await openBrowser()
  context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1440, height: 900 } })
  page = await context.newPage()
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(String(error)))
}, 120_000)

afterAll(async () => {
  await browser?.close()
  await service?.stop()
  if (service) await removeDataFolder(service.dir)
})

/** Serious violations of the page as it stands, each with where it is. */
async function violations(): Promise<string[]> {
  const found = await new AxeBuilder({ page }).analyze()
  expect(found.passes.length).toBeGreaterThan(10)
  return found.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target).join(' ')}`)
}

async function inBothSchemes(): Promise<string[]> {
  const all: string[] = []
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await page.waitForSelector(`html[data-mantine-color-scheme=${colorScheme}]`)
    all.push(...(await violations()).map((one) => `${colorScheme}: ${one}`))
  }
  return all
}

describe('the dashboard', () => {
  test('asks for a token, and says when it is not the right one', async () => {
    await page.goto(`${service.url}/`)
    await page.fill('input[type=password]', 'tl_wrong')
    await page.keyboard.press('Enter')
    await page.waitForSelector('text=This token is not valid')
    expect(await inBothSchemes()).toEqual([])
    // The browser itself reports the 401 that was to come.
    expect(complaints.splice(0)).toEqual([expect.stringContaining('401')])
  })

  test('shows the report to whoever has one', async () => {
    await page.fill('input[type=password]', ADMIN_TOKEN)
    await page.keyboard.press('Enter')
    const total = page.locator('tr', { hasText: 'Total' }).locator('td')
    await total.first().waitFor()
    const { body } = await service.api('POST', '/v1/reports/query', {
      site: 'demo',
      ...(await shownRange()),
      metrics: ['visits', 'leads'],
      dimensions: [],
    })
    expect(body.totals.visits).toBeGreaterThanOrEqual(VISITS)
    expect(body.totals.leads).toBeGreaterThan(3)
    expect((await total.allTextContents()).slice(0, 2)).toEqual([String(body.totals.visits), String(body.totals.leads)])
    expect(await page.locator('tbody tr').count()).toBeGreaterThan(3)
    expect(await inBothSchemes()).toEqual([])
  })

  test('groups anew, unfolds a row and opens the people behind it, by keyboard alone', async () => {
    const row = page.locator('tbody tr', { hasText: 'Paid search' })
    await row.getByRole('button', { name: 'Show what is inside Paid search' }).press('Enter')
    await page.locator('tbody tr', { hasText: 'yandex' }).first().waitFor()
    await row.getByRole('link', { name: /Paid search/ }).press('Enter')
    const drawer = page.getByRole('dialog')
    await drawer.getByRole('tab', { name: 'Visits' }).waitFor()
    await drawer.getByRole('tab', { name: 'Visits' }).press('Enter')
    await drawer.locator('li').first().waitFor()
    expect(await drawer.locator('li').count()).toBeGreaterThan(5)
    expect(await violations()).toEqual([])
    await page.keyboard.press('Escape')
    await drawer.waitFor({ state: 'hidden' })
  })

  test('finds a person by a phone in any spelling, and tells the whole history', async () => {
    await page.fill('input[name=person]', buyer.phone.replace(/^\+7(\d{3})/, '8 ($1) '))
    await page.keyboard.press('Enter')
    await page.waitForURL('**/persons/p*')
    await page.waitForSelector(`h1:has-text("${buyer.name}")`)
    await page.waitForSelector('text=Why is this the same person?')
    expect(await page.locator('#content').textContent()).toContain(buyer.phone)
    expect(await inBothSchemes()).toEqual([])
  })

  test('speaks Russian when asked, and remembers', async () => {
    await page.getByRole('button', { name: 'Settings of this page' }).click()
    await page.getByRole('menuitem', { name: 'Русский' }).click()
    await page.waitForSelector('text=Почему это один человек?')
    await page.reload()
    await page.waitForSelector('text=Почему это один человек?')
    expect(await page.getAttribute('html', 'lang')).toBe('ru')
  })

  test('gives a site that has sent nothing the line to paste', async () => {
    await page.goto(`${service.url}/?site=quiet`)
    await page.waitForSelector('text=Ждём первый визит')
    expect(await page.locator('#content').textContent()).toContain(`${service.url}/t/quiet.js`)
    expect(await violations()).toEqual([])
    expect(complaints).toEqual([])
  })
})

/** The last thirty days, as the report shows them unasked. */
async function shownRange(): Promise<{ from: string; to: string }> {
  const day = (before: number) =>
    new Date(Date.now() - before * 86_400_000).toLocaleDateString('en-CA', { timeZone: 'Europe/Moscow' })
  return { from: day(29), to: day(0) }
}
