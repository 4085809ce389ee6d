import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openBrowser } from '../support/browser.ts'
import { type RunningService, removeDataFolder, runService } from '../support/running-service.ts'
import {
  type DashboardPage,
  fits,
  openDashboard,
  settle,
  signInAt,
  violations,
  violationsInBothSchemes,
  waitForHistory,
} from './dashboard-page.ts'

const DAY_MS = 86_400_000
const BUYERS = 12

let service: RunningService
let browser: Browser
let dashboard: DashboardPage

/** Each came by an ad for a project, returned from a letter, and bought; some another project than they had looked at. */
function buyers(now_ms: number) {
  const people = [...new Array(BUYERS).keys()]
  const at = (days: number) => new Date(now_ms - days * DAY_MS).toISOString()
  const user_agent =
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/147.0.0.0 Safari/537.36'
  const visit = (person: number, days: number, path: string) => ({
    ...{ site: 'demo', visitor: `v${person}`, session: `s${person}-${days}`, user_agent },
    events: [{ id: `e${person}-${days}`, type: 'page', at: at(days), url: `https://demo.example${path}` }],
  })
  return {
    events: people.flatMap((person) => [
      visit(person, 9, `/zhk/${person % 3 === 0 ? 'park' : 'sosny'}?utm_source=yandex&utm_medium=cpc`),
      visit(person, 5, '/?utm_source=news&utm_medium=email'),
    ]),
    deals: people.map((person) => ({
      ...{ id: `d${person}`, site: 'demo', at: at(2), created_at: at(3), status: 'won', amount: '1000000.50' },
      ...{
        currency: 'RUB',
        project: person < 8 ? 'sosny' : 'park',
        visitor: `v${person}`,
        contact: { id: `k${person}` },
      },
    })),
  }
}

beforeAll(async () => {
  service = await runService()
  const { body: site } = await service.api('GET', '/v1/sites/demo')
  const { version: _, ...document } = site
  const projects = ['sosny', 'park'].map((id) => ({ id, name: id, url_prefixes: [`/zhk/${id}`] }))
  const settings = { ...document, domains: [...document.domains, 'demo.example'], projects }
  expect((await service.api('PUT', '/v1/sites/demo', settings)).status).toBe(200)
  const { events, deals } = buyers(Date.now())
  for (const [path, facts] of [
    ['/v1/events', events],
    ['/v1/deals', deals],
  ] as const) {
    const { status, body } = await service.api('POST', path, facts)
    expect([status, body.rejected_total]).toEqual([202, 0])
    await waitForHistory(service, 'demo', body.position)
  }
  browser = await openBrowser()
}, 180_000)

afterAll(async () => {
  await browser?.close()
  await service?.stop()
  if (service) await removeDataFolder(service.dir)
})

afterEach(async () => {
  await dashboard.context.close()
})

const row = (name: string, table = 0) =>
  dashboard.page
    .getByRole('table')
    .nth(table)
    .locator('tbody tr', { has: dashboard.page.getByRole('rowheader', { name }) })
const cells = async (name: string, table = 0) =>
  (await row(name, table).locator('td').allTextContents()).map((text) => text.trim())

describe('models side by side', () => {
  beforeEach(async () => {
    dashboard = await openDashboard(browser)
    await signInAt(dashboard, `${service.url}/`)
  })

  test('are chosen, compared and set by keyboard, and the address holds it all', async () => {
    const { page, complaints } = dashboard
    await page.getByLabel('Attribution', { exact: true }).selectOption('position_u')
    await page.getByLabel('Compare with').selectOption('first')
    await page.getByRole('columnheader', { name: 'Revenue', exact: true }).waitFor()
    await settle(page)
    // Visits; then leads, sales and revenue: by position, by the first touch, and what lies between.
    expect(await cells('Paid search')).toEqual([
      '12',
      '0',
      '0',
      '0',
      '6',
      '12',
      '+6',
      ...['₽6,000,003', '₽12,000,006', '+₽6,000,003'],
    ])
    expect((await cells('E-mail')).slice(4, 7)).toEqual(['6', '0', '−6'])

    const settings = page.getByRole('button', { name: 'Settings of attribution' })
    await settings.press('Enter')
    const panel = page.getByRole('dialog', { name: 'Settings of attribution' })
    await panel.getByLabel('first').fill('3')
    await panel.getByLabel('middle').fill('0')
    await panel.getByLabel('last').fill('1')
    await panel.getByLabel('Look back, days').last().fill('1')
    expect(await violations(page)).toEqual([])
    await panel.getByLabel('last').press('Enter')
    await panel.waitFor({ state: 'hidden' })
    await page.waitForURL(/weights/)
    await settle(page)
    // Three quarters and one; within a day there was nobody to be credited.
    expect((await cells('Paid search')).slice(4, 7)).toEqual(['9', '0', '−9'])
    expect((await cells('Not credited')).slice(4, 7)).toEqual(['0', '12', '+12'])
    await page.reload()
    await page.getByRole('columnheader', { name: 'Revenue', exact: true }).waitFor()
    await settle(page)
    expect((await cells('Paid search')).slice(4, 7)).toEqual(['9', '0', '−9'])
    expect(await violationsInBothSchemes(page)).toEqual([])
    expect(complaints).toEqual([])
  })

  test('open to the rows under the model of the column', async () => {
    const { page } = dashboard
    await page.getByLabel('Compare with').selectOption('first')
    await page.getByRole('columnheader', { name: 'Revenue', exact: true }).waitFor()
    await settle(page)
    await row('Paid search').locator('td').nth(5).click()
    const drawer = page.getByRole('dialog')
    await drawer
      .locator('li')
      .nth(BUYERS - 1)
      .waitFor()
    expect(await drawer.locator('li').count()).toBe(BUYERS)
  })
})

describe('the page of cross-sales', () => {
  test('shows who assisted whom, and opens a cell to its rows by keyboard', async () => {
    dashboard = await openDashboard(browser)
    const { page, complaints } = dashboard
    await signInAt(dashboard, `${service.url}/cross?metric=deals_won`)
    await page.getByRole('heading', { name: 'Who assisted whom' }).waitFor()
    await settle(page)
    // Took part, credited, assisted, as the first, in between, as the last, assists per credit.
    expect(await cells('Paid search')).toEqual(['12', '0', '12', '12', '0', '0', '—'])
    expect(await cells('E-mail')).toEqual(['12', '12', '0', '0', '0', '0', '0'])
    const cell = page.getByRole('link', { name: 'Paid search → E-mail: 12, 100 % of the row. Show the rows' })
    expect(await violationsInBothSchemes(page)).toEqual([])
    await cell.press('Enter')
    const drawer = page.getByRole('dialog')
    await drawer
      .locator('li')
      .nth(BUYERS - 1)
      .waitFor()
    expect(await drawer.locator('li').count()).toBe(BUYERS)
    expect(await violations(page)).toEqual([])
    await page.keyboard.press('Escape')
    await drawer.waitFor({ state: 'hidden' })
    expect(complaints).toEqual([])
  })

  test('follows the model, the grouping and the metric that are chosen', async () => {
    dashboard = await openDashboard(browser)
    const { page } = dashboard
    await signInAt(dashboard, `${service.url}/cross?metric=deals_won`)
    await page.getByLabel('Attribution', { exact: true }).selectOption('linear')
    await page.getByLabel('By', { exact: true }).selectOption('source')
    await page.getByLabel('Count', { exact: true }).selectOption('revenue')
    await page.waitForURL(/metric=revenue/)
    await page.getByRole('rowheader', { name: 'yandex' }).first().waitFor()
    await settle(page)
    expect((await cells('yandex')).slice(0, 3)).toEqual(['₽12,000,006', '₽6,000,003', '₽6,000,003'])
  })

  test('shows what people came for and what they bought', async () => {
    dashboard = await openDashboard(browser, { locale: 'ru-RU', width: 360 })
    const { page } = dashboard
    await signInAt(dashboard, `${service.url}/cross`)
    await page.getByText('Каннибализация').click()
    await page.getByRole('heading', { name: 'За чем пришли и что купили' }).waitFor()
    await settle(page)
    // Of 0…11 every third looked at the park; the first eight bought in the pines.
    expect(await page.locator('dd').allTextContents()).toEqual([
      expect.stringMatching(/^6\s*50/),
      expect.stringMatching(/^6\s*50/),
      expect.stringMatching(/^0/),
    ])
    expect(await cells('sosny')).toEqual([expect.stringMatching(/^5/), expect.stringMatching(/^3/), '8'])
    expect(await cells('park')).toEqual([expect.stringMatching(/^3/), expect.stringMatching(/^1/), '4'])
    expect(await fits(page)).toBe(true)
    expect(await violationsInBothSchemes(page)).toEqual([])
  })

  test('says when there is nothing to lay out', async () => {
    dashboard = await openDashboard(browser)
    const { page } = dashboard
    await signInAt(dashboard, `${service.url}/cross?from=2020-01-01&to=2020-01-02`)
    await page.waitForSelector('text=Nothing to lay out in this period')
    expect(await violations(page)).toEqual([])
  })
})
