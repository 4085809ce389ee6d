import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Firefox, type FirefoxPage, installedFirefox, openFirefox } from '#tests/support/firefox.ts'
import { type Outside, openOutside } from './outside.ts'
import { pageOf } from './visiting.ts'

const body = `<p id="phone">8 (495) 000-00-00</p><a href="tel:+74950000000">call</a>
<form id="callback" target="nowhere" action="/thanks"><input type="tel" name="phone"><button>Send</button></form>
<iframe name="nowhere"></iframe>`

let firefox: Firefox
let outside: Outside

beforeAll(async () => {
  if (!installedFirefox)
    process.stderr.write('NOT TRIED: the tracker in Firefox, because firefox-esr is not installed.\n')
  else firefox = await openFirefox(installedFirefox, ['www.shop.test', 'stats.test'])
  outside = await openOutside()
})
beforeEach(() => outside.reset())
afterAll(async () => {
  await firefox?.close()
  await outside.close()
})

describe.runIf(installedFirefox)('in Firefox the tracker', () => {
  let page: FirefoxPage

  async function visit(path: string): Promise<void> {
    outside.put(new URL(path, outside.site).pathname, pageOf(outside.snippet, body))
    page = await firefox.newPage()
    await page.goto(new URL(path, outside.site).href)
  }

  test('records a visit without a preflight, and knows the visitor on the next page', async () => {
    await visit('/?utm_source=ads')
    const first = await outside.event('page')
    expect(first).toMatchObject({ url: `${outside.site}/?utm_source=ads`, title: 'Shop' })
    await visit('/second')
    const second = await outside.event('page', ({ url }) => url?.endsWith('/second') === true)
    expect([second.visitor, second.session]).toEqual([first.visitor, first.session])
    expect(outside.requests.filter((request) => request.startsWith('OPTIONS'))).toEqual([])
    expect(outside.refused).toEqual([])
  })

  test('counts a page that a router shows, once', async () => {
    await visit('/')
    await outside.event('page')
    await page.evaluate("history.pushState({}, '', '/flats')")
    const shown = await outside.event('page', ({ url }) => url?.endsWith('/flats') === true)
    expect(shown).toMatchObject({ referrer: `${outside.site}/` })
    await page.evaluate("throughline('event', 'mark')")
    await outside.event('custom')
    expect(outside.events.filter(({ type }) => type === 'page')).toHaveLength(2)
    // The tab of the test before is hidden now, and has its own.
    const left = outside.events.filter(({ type, url }) => type === 'leave' && url === `${outside.site}/`)
    expect(left).toHaveLength(1)
  })

  test('makes a lead of a form that is sent', async () => {
    outside.put('/thanks', 'Thanks')
    await visit('/form')
    await outside.event('page')
    await page.evaluate("(document.querySelector('[name=phone]').value = '8 916 123-45-67')")
    await page.evaluate("(document.querySelector('form').requestSubmit(), 1)")
    const lead = await outside.event('form')
    expect(lead).toMatchObject({ form: { id: 'callback', fields: { phone: '8 916 123-45-67' } } })
  })

  test('shows the number of the visitor in the spelling of the page', async () => {
    await visit('/phone')
    await expect.poll(() => page.evaluate("document.getElementById('phone').textContent")).toBe('8 (495) 123-45-67')
    expect(await page.evaluate("document.querySelector('a').getAttribute('href')")).toBe('tel:+74951234567')
  })
})
