import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { makeYear } from '#demo/fill/make-year.ts'
import { openBrowser } from '../support/browser.ts'
import { type RunningService, removeDataFolder, runService } from '../support/running-service.ts'
import {
  type DashboardPage,
  openDashboard,
  settle,
  signInAt,
  violations,
  violationsInBothSchemes,
  waitForHistory,
} from './dashboard-page.ts'

const DAYS = 20
const VISITS = 300

let service: RunningService
let browser: Browser
/** A browser for each test: what one of them left in it is no part of the next, nor of a second try. */
let dashboard: DashboardPage
const buyer = { phone: '', name: '' }
/** Days that hold the whole fill, whatever the hour at which the tests run. */
let period = { from: '', to: '' }

beforeAll(async () => {
  service = await runService()
  const language = 'en' as const
  const year = makeYear({ base_url: service.url, days: DAYS, visits: VISITS, seed: 3, now_ms: Date.now(), language })
  const [deal] = year.deals as { contact: { phones: string[]; name: string } }[]
  Object.assign(buyer, { phone: deal?.contact.phones[0], name: deal?.contact.name })
  for (const kind of ['costs', 'leases', 'calls', 'deals', 'events'] as const) {
    const { status, body } = await service.api('POST', `/v1/${kind}`, year[kind])
    expect([status, body.rejected_total]).toEqual([202, 0])
    await waitForHistory(service, 'demo', body.position)
  }
  const day = (shift: number) => new Date(Date.now() + shift * 86_400_000).toISOString().slice(0, 10)
  period = { from: day(-DAYS - 2), to: day(2) }
  await service.api('PUT', '/v1/sites/quiet', { id: 'quiet', domains: ['quiet.example'] })
  browser = await openBrowser()
}, 180_000)

afterAll(async () => {
  await browser?.close()
  await service?.stop()
  if (service) await removeDataFolder(service.dir)
})

beforeEach(async () => {
  dashboard = await openDashboard(browser)
})

afterEach(async () => {
  await dashboard.context.close()
})

const report = () => `${service.url}/?from=${period.from}&to=${period.to}`

async function openPerson(): Promise<void> {
  await signInAt(dashboard, report())
  const { page } = dashboard
  await page.fill('input[name=person]', buyer.phone.replace(/^\+7(\d{3})/, '8 ($1) '))
  await page.keyboard.press('Enter')
  await page.waitForURL('**/persons/p*')
}

describe('the dashboard', () => {
  test('asks for a token, and says when it is not the right one', async () => {
    const { page, complaints } = dashboard
    await page.goto(`${service.url}/`)
    await page.fill('input[type=password]', 'tl_wrong')
    await page.keyboard.press('Enter')
    await page.waitForSelector('text=This token is not valid')
    expect(await violationsInBothSchemes(page)).toEqual([])
    // The browser itself reports the 401 that was to come.
    expect(complaints).toEqual([expect.stringContaining('401')])
  })

  test('shows the report to whoever has one', async () => {
    const { page, complaints } = dashboard
    await signInAt(dashboard, report())
    const total = page.locator('tr', { hasText: 'Total' }).locator('td')
    await total.first().waitFor()
    const query = { site: 'demo', ...period, metrics: ['visits', 'leads'], dimensions: [] }
    const { body } = await service.api('POST', '/v1/reports/query', query)
    expect(body.totals.visits).toBeGreaterThanOrEqual(VISITS)
    expect(body.totals.leads).toBeGreaterThan(3)
    await settle(page)
    const shown = (await total.allTextContents()).slice(0, 2).map((text) => Number(text.replace(/\D/g, '')))
    expect(shown).toEqual([body.totals.visits, body.totals.leads])
    expect(await page.locator('tbody tr').count()).toBeGreaterThan(3)
    expect(await violationsInBothSchemes(page)).toEqual([])
    expect(complaints).toEqual([])
  })

  test('groups anew, unfolds a row and opens the people behind it, by keyboard alone', async () => {
    const { page } = dashboard
    await signInAt(dashboard, report())
    const row = page.locator('tbody tr', { hasText: 'Paid search' })
    await row.getByRole('button', { name: 'Show what is inside Paid search' }).press('Enter')
    await page.locator('tbody tr', { hasText: 'yandex' }).first().waitFor()
    await row.getByRole('link', { name: /Paid search/ }).press('Enter')
    const drawer = page.getByRole('dialog')
    await drawer.getByRole('tab', { name: 'Visits' }).waitFor()
    await drawer.getByRole('tab', { name: 'Visits' }).press('Enter')
    await drawer.locator('li').nth(5).waitFor()
    expect(await violations(page)).toEqual([])
    await page.keyboard.press('Escape')
    await drawer.waitFor({ state: 'hidden' })
  })

  test('finds a person by a phone in any spelling, and tells the whole history', async () => {
    const { page } = dashboard
    await openPerson()
    await page.waitForSelector(`h1:has-text("${buyer.name}")`)
    await page.waitForSelector('text=Why is this the same person?')
    expect(await page.locator('#content').textContent()).toContain(buyer.phone)
    expect(await violationsInBothSchemes(page)).toEqual([])
  })

  test('says who is credited with a deal, how much and why, under the model that is chosen', async () => {
    const { page, complaints } = dashboard
    await openPerson()
    const deals = page.getByRole('region', { name: 'Deals' })
    await deals.getByRole('button', { name: 'Who is credited?' }).first().press('Enter')
    const path = deals.getByRole('region', { name: /^Path to/ })
    await path.locator('li').first().waitFor()
    await path.getByLabel('Attribution').selectOption('linear')
    await path.getByText('Equal credit to every touch').waitFor()
    const shares = await path.locator('li').allTextContents()
    expect(shares.length).toBeGreaterThan(0)
    for (const share of shares) expect(share).toMatch(/gets the same|The only touch|older than|Not credited/)
    await settle(page)
    expect(await violationsInBothSchemes(page)).toEqual([])
    expect(complaints).toEqual([])
  })

  test('speaks Russian when asked, and remembers', async () => {
    const { page } = dashboard
    await openPerson()
    await page.waitForSelector('text=Why is this the same person?')
    await page.getByRole('button', { name: 'Settings of this page' }).click()
    await page.getByRole('menuitem', { name: 'Русский' }).click()
    await page.waitForSelector('text=Почему это один человек?')
    await page.reload()
    await page.waitForSelector('text=Почему это один человек?')
    expect(await page.getAttribute('html', 'lang')).toBe('ru')
  })

  test('gives a site that has sent nothing the line to paste', async () => {
    const { page, complaints } = dashboard
    await signInAt(dashboard, `${service.url}/?site=quiet`)
    await page.waitForSelector('text=Waiting for the first visit')
    expect(await page.locator('#content').textContent()).toContain(`${service.url}/t/quiet.js`)
    expect(await violations(page)).toEqual([])
    expect(complaints).toEqual([])
  })
})
