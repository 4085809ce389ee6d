import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { visiting } from './visiting.ts'

const visitor = visiting()

const clicks = () => visitor.outside.events.filter(({ type }) => type === 'click')

/** The page stays: what a click leads to is not asked for here. */
const stay = (page: Page) =>
  page.evaluate(() => {
    addEventListener('click', (event) => event.preventDefault())
  })

describe('a click', () => {
  test.each([
    ['tel:+74950000001', 'tel://+74950000001'],
    ['mailto:hi@shop.test?subject=secret', 'mailto://hi@shop.test'],
    ['https://wa.me/79261112233?text=secret', 'https://wa.me/79261112233'],
    ['https://api.whatsapp.com/send?phone=7926&text=secret', 'https://api.whatsapp.com/send'],
    ['https://t.me/shop', 'https://t.me/shop'],
    ['viber://chat?number=secret', 'viber://chat'],
    ['whatsapp://send?text=secret', 'whatsapp://send'],
    ['https://max.ru/shop', 'https://max.ru/shop'],
    ['https://user:secret@partner.example/a/b?token=secret#secret', 'https://partner.example/a/b'],
    ['//partner.example/', 'http://partner.example/'],
    ['https://shop.test.evil.example/', 'https://shop.test.evil.example/'],
    ['/price.PDF?version=secret', 'http://www.shop.test/price.PDF'],
    ['https://files.shop.test/archive.zip', 'https://files.shop.test/archive.zip'],
  ])('on %s is told once, without its secrets, and goes its way', async (href, target) => {
    const { outside, visit, settle } = visitor
    const page = await visit('/', `<a href="${href}"><b>go</b></a>`)
    await outside.event('page')
    const wasPrevented = await page.evaluate(
      () =>
        new Promise((resolve) => {
          addEventListener('click', (event) => {
            resolve(event.defaultPrevented)
            event.preventDefault()
          })
          document.querySelector('b')?.click()
        }),
    )
    expect(wasPrevented).toBe(false)
    await settle(page)
    expect(clicks()).toMatchObject([{ target }])
    expect(clicks()).toHaveLength(1)
    expect(outside.bodies.join()).not.toContain('secret')
  })

  test.each([
    ['#x'],
    ['/catalogue?page=2'],
    ['/page.html'],
    ['/photo.jpg'],
    ['javascript:void(0)'],
    ['data:text/plain,secret'],
    ['http://'],
    [''],
  ])('on %s is nobody’s business', async (href) => {
    const { outside, visit, settle } = visitor
    const page = await visit('/', `<a href="${href}">go</a>`)
    await outside.event('page')
    await stay(page)
    await page.locator('a').click()
    await settle(page)
    expect(clicks()).toEqual([])
    expect(visitor.complaints).toEqual([])
  })

  test('is told wherever the link is, and whatever is in it', async () => {
    const { outside, visit, settle } = visitor
    const page = await visit(
      '/',
      `<a id="icon" href="tel:1"><svg width="20" height="20"><symbol id="s" viewBox="0 0 9 9"><rect width="9" height="9"/></symbol><use href="#s"/></svg></a>
      <img usemap="#map" width="40" height="40" src="data:,"><map name="map"><area id="area" shape="rect" coords="0,0,40,40" href="tel:3"></map>
      <div id="host"></div><a href="tel:5"><span id="inside"></span></a>
      <a id="kept" href="tel:6">a page that keeps its clicks</a>`,
    )
    await outside.event('page')
    await page.evaluate(() => {
      const shadow = (id: string, html: string) => {
        ;(document.getElementById(id) as Element).attachShadow({ mode: 'open' }).innerHTML = html
      }
      shadow('host', '<a id="deep" href="tel:4">deep</a>')
      shadow('inside', '<i id="leaf">leaf</i>')
      document.getElementById('kept')?.addEventListener('click', (event) => event.stopImmediatePropagation())
    })
    for (const id of ['icon', 'deep', 'leaf', 'kept']) await page.locator(`#${id}`).click()
    await page.evaluate(() => document.getElementById('area')?.click())
    await settle(page)
    expect(clicks().map((click) => 'target' in click && click.target)).toEqual(
      [1, 4, 5, 6, 3].map((number) => `tel://${number}`),
    )
    expect(visitor.complaints).toEqual([])
  })

  test('in a form whose fields are called like parts of an address is nobody’s business', async () => {
    const { outside, visit, settle } = visitor
    const fields = ['href', 'protocol', 'hostname', 'pathname'].map((name) => `<input name="${name}" value="tel:">`)
    const page = await visit('/', `<form>${fields.join('')}<b>here</b><a href="tel:1">call</a></form>`)
    await outside.event('page')
    await stay(page)
    await page.locator('b').click()
    await settle(page)
    expect(clicks()).toEqual([])
    await page.locator('a').click()
    await settle(page)
    expect(clicks()).toMatchObject([{ target: 'tel://1' }])
    expect(visitor.complaints).toEqual([])
  })

  test('by the keyboard is told, one with the right button is not', async () => {
    const { outside, visit, settle } = visitor
    const page = await visit('/', '<a href="https://partner.example/">go</a>')
    await outside.event('page')
    await stay(page)
    await page.locator('a').click({ button: 'right' })
    await settle(page)
    expect(clicks()).toEqual([])
    await page.locator('a').press('Enter')
    await settle(page)
    expect(clicks()).toHaveLength(1)
  })
})
