import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openBrowser } from '../support/browser.ts'
import { type RunningService, removeDataFolder, runService } from '../support/running-service.ts'

const SITE_NUMBER = '+7 (495) 000-00-01'

let service: RunningService
let browser: Browser

beforeAll(async () => {
  service = await runService()
  browser = await openBrowser()
}, 120_000)

afterAll(async () => {
  await browser?.close()
  await service?.stop()
  if (service) await removeDataFolder(service.dir)
})

interface Newcomer {
  context: BrowserContext
  page: Page
  complaints: string[]
}

/** A person's browser: a headless one says that it is, is known for a bot, and gets no number. */
async function arrive(locale: string, width = 1440): Promise<Newcomer> {
  const userAgent = `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${browser.version()} Safari/537.36`
  const context = await browser.newContext({ locale, userAgent, viewport: { width, height: 900 } })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(String(error)))
  await page.goto(`${service.url}/demo/`)
  return { context, page, complaints }
}

const press = (page: Page, step: string) => page.click(`[data-step=${step}] button`)
const done = (page: Page, step: string) => page.waitForSelector(`[data-step=${step}].done`)
const seesOwnNumber = (page: Page) =>
  page.waitForFunction((own) => document.querySelector('#number')?.textContent !== own, SITE_NUMBER)

/** Ad, form, return, call and deal, all by the buttons of the panel. */
async function playThrough(page: Page): Promise<void> {
  await press(page, 'ad')
  await page.waitForURL('**/demo/?utm_source=yandex**')
  await done(page, 'ad')
  await press(page, 'form')
  await page.waitForURL('**/demo/contacts#viewing')
  await page.fill('[name=name]', 'Maria')
  await page.click('#viewing button')
  await page.waitForURL('**/demo/thanks')
  await done(page, 'form')
  await press(page, 'back')
  await page.waitForURL('**/demo/')
  await done(page, 'back')
  await seesOwnNumber(page)
  await press(page, 'call')
  await done(page, 'call')
  await press(page, 'deal')
  await done(page, 'deal')
  // The ad platform has its copy before its answer is in the history: the panel shows «waiting» for a moment.
  await page.waitForSelector('#panel .timeline >> nth=0 >> text=/: (accepted|принято)$/')
}

describe('the panel of the demo site', () => {
  test('leads a newcomer from the ad to the money, and shows what the ad platform was told', async () => {
    const { context, page, complaints } = await arrive('en-GB')
    await playThrough(page)
    const told = page.locator('#panel .timeline').nth(1).locator('li')
    await told.first().waitFor()
    expect(await told.count()).toBe(1)
    expect(await told.first().textContent()).toContain('sale · ₽12,400,000 · spring_flats · yclid ')

    const story = await page.locator('#panel .timeline').first().locator('li:not(.inner) > span').allTextContents()
    expect(story).toEqual([
      'Visit: direct',
      'Visit: from the ad yandex / cpc / spring_flats',
      'Sent the form',
      'Visit: direct',
      expect.stringMatching(/^Called: \+7 495 000-01-\d\dThe number was on your screen when it rang\.$/),
      'Deal: won, ₽12,400,000',
      'Told the ad platform: accepted',
    ])
    expect(await page.locator('#panel .summary').textContent()).toContain('Revenue: ₽12,400,000')

    const [report] = await Promise.all([context.waitForEvent('page'), page.click('#panel a.open')])
    await report.waitForSelector('text=Sign in')
    expect(report.url()).toMatch(/\/persons\/p\w+\?site=demo$/)
    expect(complaints).toEqual([])
    await context.close()
  })

  test('says the same in Russian on a telephone, and keeps the language that was chosen', async () => {
    const { context, page, complaints } = await arrive('en-GB', 390)
    await page.click('text=Русский')
    await playThrough(page)
    await page.waitForSelector('#panel .timeline >> nth=1 >> li')
    const panel = ((await page.textContent('#panel')) ?? '').replaceAll('\u00a0', ' ')
    expect(panel).toContain('Номер был у вас на экране, когда раздался звонок.')
    expect(panel).toContain('Сделка: выиграна, 12 400 000 ₽')
    expect(panel).toContain('Сообщили рекламной системе: принято')
    expect(panel).not.toMatch(/number_on_screen|\bwon\b|\(direct\)|undefined/)
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
    expect(overflow).toBeLessThanOrEqual(0)
    expect(complaints).toEqual([])
    await context.close()
  })

  test('says what is wrong with a telephone number, and goes on', async () => {
    const { context, page } = await arrive('en-GB')
    await seesOwnNumber(page)
    await page.fill('#your-phone', '12')
    await press(page, 'call')
    await page.waitForFunction(() => document.querySelector('#panel .error')?.textContent !== '')
    expect(await page.textContent('#panel .error')).toContain('That did not work')
    await page.fill('#your-phone', '8 926 555-44-33')
    await press(page, 'call')
    await done(page, 'call')
    expect(await page.textContent('#panel .error')).toBe('')
    await context.close()
  })
})
