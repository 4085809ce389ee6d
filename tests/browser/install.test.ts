import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openBrowser } from '../support/browser.ts'
import { ADMIN_TOKEN, type RunningService, removeDataFolder, runService } from '../support/running-service.ts'

let service: RunningService
let browser: Browser
let context: BrowserContext
let page: Page
const complaints: string[] = []

beforeAll(async () => {
  service = await runService()
  await service.api('PUT', '/v1/sites/shop', { domains: ['shop.example'], name: 'Shop' })
  browser = await openBrowser()
  context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1280, height: 900 } })
  page = await context.newPage()
  page.setDefaultTimeout(15_000)
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(String(error)))
  await page.goto(`${service.url}/install?site=demo`)
  await page.fill('input[type=password]', ADMIN_TOKEN)
  await page.keyboard.press('Enter')
  await page.waitForSelector('h1:has-text("Install on a site")')
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

const fits = () => page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)

describe('the page of snippets', () => {
  test('has the line of the site with the address of the service, and copies it', async () => {
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    const line = `<script async src="${service.url}/t/demo.js"></script>`
    expect(await page.locator('main pre').first().textContent()).toBe(line)
    await page.getByRole('button', { name: 'Copy' }).first().click()
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(line)
  })

  test('follows the address that is typed, and the site that is chosen', async () => {
    await page.getByLabel('Address of this service').fill('https://stats.example/')
    await page.waitForSelector('pre:has-text("https://stats.example/t/demo.js")')
    await page.waitForSelector('pre:has-text("connect-src https://stats.example;")')
    await page.goto(`${service.url}/install?site=shop`)
    await page.waitForSelector(`pre:has-text("${service.url}/t/shop.js")`)
    await page.waitForSelector('pre:has-text("https://shop.example/s/a.js")')
  })

  test('tells for each builder where to paste, and keeps the choice in the address', async () => {
    for (const [builder, words] of [
      ['Tilda', 'HTML code for the HEAD'],
      ['WordPress', 'exclude /t/shop.js from the delay'],
      ['Bitrix', 'header.php'],
      ['Wix', 'Custom code'],
      ['Tag Manager', 'Custom HTML'],
      ['Plain HTML', 'right after <head>'],
    ] as const) {
      await page.getByRole('tab', { name: builder }).click()
      await page.waitForSelector(`[role=tabpanel]:visible >> text=${words}`)
    }
    await page.getByRole('tab', { name: 'Wix' }).click()
    await page.waitForURL(/on=wix/)
    await page.reload()
    await page.waitForSelector('[role=tabpanel]:visible >> text=Load code once')
    expect(await violations()).toEqual([])
  })
})

describe('the check of a page', () => {
  test('finds the demo well installed, and says which phone it swaps', async () => {
    await page.goto(`${service.url}/install/check?site=demo`)
    const field = page.getByLabel('Address of a page')
    await expect.poll(() => field.inputValue()).toBe(`${service.url}/demo/`)
    await page.getByRole('button', { name: 'Check', exact: true }).click()
    await page.waitForSelector('text=The tag is there')
    const found = await page.locator('main').textContent()
    for (const words of [
      'is the current one of this site',
      'No security policy',
      'Would be swapped here: +74950000001',
    ])
      expect(found).toContain(words)
    expect(found).not.toContain('Fault')
    expect(await page.getByRole('cell', { name: 'demo-pool' }).count()).toBe(1)
    expect(await violations()).toEqual([])
  })

  test('opens the page as the check advises', async () => {
    const [opened] = await Promise.all([
      context.waitForEvent('page'),
      page.getByRole('link', { name: 'Open with test numbers' }).click(),
    ])
    expect(opened.url()).toBe(`${service.url}/demo/?tl_test`)
    await opened.waitForSelector('text=999')
    await opened.close()
  })

  test('says what is wrong with a page, and shares it by its address', async () => {
    await page.goto(`${service.url}/install/check?site=demo&url=${encodeURIComponent(`${service.url}/docs/static/`)}`)
    await page.waitForSelector('text=It does not work on this page yet')
    expect(await page.locator('main').textContent()).toContain('answers with status 404')
    expect(await violations()).toEqual([])
  })

  test('reaches no other port of the machine, not even in the demo', async () => {
    const url = 'http://localhost:1/'
    const { body } = await service.api('POST', '/v1/install-checks', { site: 'demo', url })
    expect(body.findings[0]).toMatchObject({ code: 'page_unreachable', values: { reason: 'private' } })
  })

  test('says at the field what cannot be checked', async () => {
    await page.goto(`${service.url}/install/check?site=demo&url=${encodeURIComponent('https://elsewhere.example/')}`)
    await page.waitForSelector('text=This address is no domain of the site')
    expect(complaints.filter((text) => !/40[03]|404/.test(text))).toEqual([])
  })

  test('is for administrators', async () => {
    const { body } = await service.api('PUT', '/v1/tokens/reader', { name: 'Reader', scopes: ['reports'] })
    const reader = await (
      await browser.newContext({ locale: 'ru-RU', viewport: { width: 390, height: 844 } })
    ).newPage()
    await reader.goto(`${service.url}/install/check?site=demo&url=${encodeURIComponent(`${service.url}/demo/`)}`)
    await reader.fill('input[type=password]', body.secret)
    await reader.keyboard.press('Enter')
    await reader.waitForSelector('text=Нужен токен с правом «admin» для этого сайта')
    await reader.context().close()
  })

  test('fits a narrow screen, in Russian', async () => {
    await page.setViewportSize({ width: 360, height: 780 })
    await page.evaluate(() => localStorage.setItem('throughline.language', 'ru'))
    await page.goto(`${service.url}/install/check?site=demo&url=${encodeURIComponent(`${service.url}/demo/`)}`)
    await page.waitForSelector('text=Строка на месте')
    expect(await fits()).toBe(true)
    await page.goto(`${service.url}/install?site=demo&on=bitrix`)
    await page.waitForSelector('text=header.php')
    expect(await fits()).toBe(true)
    expect(await violations()).toEqual([])
  })
})
