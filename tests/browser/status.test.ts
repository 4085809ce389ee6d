import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openBrowser } from '../support/browser.ts'
import { ADMIN_TOKEN, type RunningService, removeDataFolder, runService } from '../support/running-service.ts'

const phone = '+79161234567'

let service: RunningService
let browser: Browser
let context: BrowserContext
let page: Page

beforeAll(async () => {
  service = await runService()
  await service.control()
  const at = new Date().toISOString()
  const lead = { id: 'l1', site: 'demo', at, kind: 'chat', phone }
  expect((await service.api('POST', '/v1/leads', lead)).status).toBe(202)
  expect((await service.api('POST', '/v1/leads', { ...lead, id: 'l2', site: 'nowhere' })).status).toBe(400)
  expect((await service.api('POST', '/v1/calls', { id: 'c1', site: 'demo', to: phone })).status).toBe(400)
  browser = await openBrowser()
  context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1440, height: 900 } })
  page = await context.newPage()
}, 120_000)

afterAll(async () => {
  await browser?.close()
  await service?.stop()
  if (service) await removeDataFolder(service.dir)
})

async function violations(): Promise<string[]> {
  const all: string[] = []
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await page.waitForSelector(`html[data-mantine-color-scheme=${colorScheme}]`)
    const found = await new AxeBuilder({ page }).analyze()
    expect(found.passes.length).toBeGreaterThan(10)
    const grave = found.violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
    all.push(...grave.map(({ id, nodes }) => `${colorScheme} ${id}: ${nodes.map(({ target }) => target).join(' ')}`))
  }
  return all
}

const card = (name: string) => page.getByRole('region', { name, exact: true })

async function signIn(token: string): Promise<void> {
  await page.goto(`${service.url}/status`)
  await page.fill('input[type=password]', token)
  await page.keyboard.press('Enter')
}

describe('the status page', () => {
  test('tells a reader without the right that it is not for them', async () => {
    const { body } = await service.api('PUT', '/v1/tokens/reader', { name: 'Reader', scopes: ['reports'] })
    await signIn(body.secret)
    await page.waitForSelector('text=This page is for those who run the service')
    expect(await violations()).toEqual([])
    await page.getByRole('button', { name: 'Settings of this page' }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
  })

  test('shows that all is well, and what was refused and why', async () => {
    await signIn(ADMIN_TOKEN)
    await page.waitForSelector('text=Everything works')
    expect(await card('ClickHouse').textContent()).toContain('Answers')
    // A first look may be in vain on a busy machine; the page asks again.
    await expect.poll(() => card('Rows in quarantine').textContent(), { timeout: 20_000 }).toContain('0')
    expect(await card('Waiting in the log').textContent()).toContain('of 10 GB')
    const refused = card('Facts refused since the start').locator('tbody tr')
    expect((await refused.allTextContents()).toSorted()).toEqual([
      'Calla field is missing or wrong1',
      'Leadnames a site that does not exist1',
    ])
    expect(await page.locator('#content').textContent()).not.toContain(phone.slice(2))
    expect(await violations()).toEqual([])
  })

  test('says within seconds that ClickHouse is away, and that facts wait; and again when it is back', async () => {
    const engine = await service.part('engine')
    process.kill(engine as number, 'SIGSTOP')
    try {
      await page.waitForSelector('text=Facts are accepted and none is lost', { timeout: 30_000 })
      const { status } = await service.api('POST', '/v1/leads', {
        ...{ id: 'l3', site: 'demo', at: new Date().toISOString(), kind: 'chat', phone },
      })
      expect(status).toBe(202)
      expect(await card('ClickHouse').textContent()).toContain('Facts wait in the log')
      expect(await violations()).toEqual([])
      // A page opened only now has to work as well.
      await page.reload()
      await page.waitForSelector('text=Facts are accepted and none is lost', { timeout: 30_000 })
    } finally {
      process.kill(engine as number, 'SIGCONT')
    }
    await page.waitForSelector('text=Everything works', { timeout: 60_000 })
  })

  test('fits a phone, in Russian', async () => {
    await page.setViewportSize({ width: 360, height: 780 })
    await page.getByRole('button', { name: 'Settings of this page' }).click()
    await page.getByRole('menuitem', { name: 'Русский' }).click()
    await page.waitForSelector('text=Всё работает')
    const [wide, view] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth])
    expect(wide).toBeLessThanOrEqual(view as number)
    expect(await violations()).toEqual([])
    await page.getByRole('button', { name: 'Настройки страницы' }).click()
    expect(await page.getByRole('menuitem', { name: 'Состояние' }).getAttribute('href')).toContain('/status')
  })

  test('says that the service is gone, beside what it said last', async () => {
    await page.keyboard.press('Escape')
    await service.stop()
    await page.waitForSelector('text=Сервис не отвечает с', { timeout: 30_000 })
    expect(await page.locator('section').count()).toBeGreaterThan(5)
    expect(await violations()).toEqual([])
  })
})
