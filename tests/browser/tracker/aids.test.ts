import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { NUMBER } from './outside.ts'
import { pageOf, visiting } from './visiting.ts'

const visit = visiting()
const OWN = '+7 (495) 000-00-00'
const body = `<p class="phone">${OWN}</p><a id="call" href="tel:+74950000000">${OWN}</a>`

/** What the console says of Throughline, line by line, from the first moment of the page. */
async function listen(path: string, html = body): Promise<{ page: Page; lines: string[]; errors: string[] }> {
  const { outside, context } = visit
  const { pathname } = new URL(path, outside.site)
  outside.put(pathname, pageOf(outside.snippet, html))
  const page = await context.newPage()
  const [lines, errors] = [[] as string[], [] as string[]]
  page.on('console', (message) => {
    if (message.text().startsWith('Throughline')) lines.push(message.text())
  })
  page.on('pageerror', (error) => errors.push(String(error)))
  await page.goto(new URL(path, outside.site).href)
  return { page, lines, errors }
}

const about = (lines: string[]) => [...new Set(lines.map((line) => line.split(' · ')[1]))]

describe('?tl_debug', () => {
  test('tells who, what was seen, what was swapped where, and what the service answered', async () => {
    const { page, lines, errors } = await listen('/shop?tl_debug')
    await expect.poll(() => lines.filter((line) => line.includes('swapped'))).toHaveLength(3)
    await page.evaluate(() => Reflect.get(window, 'throughline')('event', 'plan_opened', { plan: 'A' }))
    await expect.poll(() => lines.filter((line) => line.includes('sent · events (custom)'))).toHaveLength(1)

    expect(about(lines)).toEqual(['site', 'endpoint', 'consent', 'who', 'saw', 'sent', 'numbers', 'swapped', 'called'])
    const { visitor } = await visit.outside.event('page')
    for (const said of [
      'site · shop',
      `endpoint · ${visit.outside.endpoint}/v1/`,
      'consent · not needed',
      `who · visitor ${visitor}, session `,
      `saw · page ${visit.outside.site}/shop?tl_debug «Shop»`,
      'sent · events (page) → 202 accepted 1',
      `numbers · +74950000000 is to be shown as ${NUMBER.number}`,
      `swapped · «${OWN}» → «+7 (495) 123-45-67» in <p class="phone">`,
      'swapped · «tel:+74950000000» → «tel:+74951234567» in <a id="call"> href',
      "called · throughline('event', …)",
      'saw · custom «plan_opened»',
    ]) {
      expect(lines.join('\n')).toContain(said)
    }
    expect(errors).toEqual([])
    expect(visit.outside.events.map(({ type }) => type)).toEqual(['page', 'custom'])
    expect(visit.outside.repeats).toEqual([])
  })

  test('tells clicks and readings in words', async () => {
    const { page, lines } = await listen('/shop?tl_debug')
    await expect.poll(() => lines.filter((line) => line.includes('swapped'))).toHaveLength(3)
    await page.click('#call')
    await page.clock.install()
    await page.evaluate(() => history.pushState(null, '', '/other'))
    await page.clock.runFor(2000)
    const saw = () => lines.filter((line) => / saw · (click|leave) /.test(line))
    await expect.poll(saw).toHaveLength(2)
    expect(saw()[0]).toContain(' saw · click on tel:')
    expect(saw()[1]).toMatch(/ saw · leave after \d+ s of reading, 100 % deep/)
  })

  test('names the field that was refused, and a service that is not reached', async () => {
    const { page, lines } = await listen('/refused?tl_debug')
    await visit.settle(page)
    visit.outside.mood = 'busy'
    await page.evaluate(() => Reflect.get(window, 'throughline')('event', 'refused'))
    await expect.poll(() => lines.join('\n')).toContain('events (custom) → 503 refused: log_full')
    visit.outside.mood = 'down'
    await page.evaluate(() => Reflect.get(window, 'throughline')('event', 'lost'))
    await expect.poll(() => lines.join('\n')).toContain('events (custom) → not delivered')
  })

  test('says that it waits for consent, and sends nothing until then', async () => {
    visit.outside.settings.consent = 'wait'
    const { page, lines } = await listen('/wait?tl_debug')
    await expect.poll(() => lines.join('\n')).toContain('consent · waited for')
    await page.evaluate(() => Reflect.get(window, 'throughline')('consent', true))
    await visit.outside.event('page')
    expect(about(lines).slice(0, 4)).toEqual(['site', 'endpoint', 'consent', 'called'])
  })

  test('tells once what happens on a page that has the tag twice', async () => {
    const { snippet } = visit.outside
    const { page, lines } = await listen('/twice?tl_debug', `${body}${snippet}`)
    await visit.outside.event('page')
    await visit.settle(page)
    expect(lines.filter((line) => line.includes('site · shop'))).toHaveLength(1)
    expect(visit.outside.events.filter(({ type }) => type === 'page')).toHaveLength(1)
  })

  test('leaves a page alone whose aids cannot be had: the visit is recorded all the same', async () => {
    await visit.context.route('**/*.aids.js*', (route) => route.abort())
    const { page, lines } = await listen('/alone?tl_debug')
    await visit.outside.event('page')
    await visit.settle(page)
    expect(lines).toEqual([])
    expect(visit.outside.events.map(({ type }) => type)).toEqual(['page', 'custom'])
  })

  test('is not asked for by a page without it', async () => {
    const asked: string[] = []
    visit.context.on('request', (request) => asked.push(request.url()))
    const page = await visit.visit('/plain?tl_else&tl_=1&utm_content=html_design')
    await visit.settle(page)
    expect(asked.length).toBeGreaterThan(2)
    expect(asked.filter((url) => url.includes('aids'))).toEqual([])
  })
})

describe('?tl_test', () => {
  test('shows nines in the spelling of the page, asks for no number, and records the visit', async () => {
    const { page, lines, errors } = await listen('/test?tl_test')
    await page.waitForSelector('text=+7 (999) 999-99-99')
    expect(await page.locator('a').getAttribute('href')).toBe('tel:+79999999999')
    expect(lines).toEqual([expect.stringContaining('test · Tracked numbers are shown as nines')])
    const { lease } = await visit.outside.event('page')
    expect(lease).toBe(false)
    expect(visit.outside.requests).toEqual(['POST /v1/events'])
    expect(errors).toEqual([])
  })

  test('leaves no nines to the next page', async () => {
    const { page } = await listen('/first?tl_test')
    await page.waitForSelector('text=+7 (999) 999-99-99')
    visit.outside.mood = 'hangs'
    const next = await visit.visit('/next', body)
    await next.waitForFunction(() => Reflect.get(window, 'throughline')?.on)
    expect(await next.textContent('body')).toContain(OWN)
  })

  test('shows no number that an earlier page was leased', async () => {
    const before = await visit.visit('/before', body)
    await before.waitForSelector('text=+7 (495) 123-45-67')
    const { page } = await listen('/later?tl_test')
    await page.waitForSelector('text=+7 (999) 999-99-99')
    expect(await page.textContent('body')).not.toContain('123-45-67')
  })

  test.each(['?tl_test=%2B74957654321', '?tl_test&number=84957654321', '?tl_test=9999999'])(
    'puts nothing from the address %s on the page',
    async (query) => {
      const { page } = await listen(`/given${query}`)
      await page.waitForSelector('text=+7 (999) 999-99-99')
      expect(await page.textContent('body')).not.toMatch(/765.?43.?21/)
    },
  )

  test('goes together with ?tl_debug', async () => {
    const { lines } = await listen('/both?tl_test&tl_debug')
    await expect.poll(() => lines.join('\n')).toContain('→ «tel:+79999999999»')
    expect(lines.join('\n')).toContain('test · Tracked numbers')
  })
})
