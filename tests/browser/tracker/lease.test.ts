import { describe, expect, test } from 'vitest'
import { pageOf, show, stopClock, visiting } from './visiting.ts'

const visitor = visiting()

describe('the lease of a number', () => {
  const renewals = () => visitor.outside.requests.filter((request) => request.endsWith('/v1/numbers')).length

  const read = async () => {
    const { outside, context } = visitor
    outside.put('/', pageOf(outside.snippet, '<p>8 (495) 000-00-00</p>'))
    const page = await context.newPage()
    await stopClock(page)
    await page.goto(`${outside.site}/`)
    await page.clock.runFor(100)
    await page.getByText('8 (495) 123-45-67').waitFor()
    return page
  }

  test('is renewed while somebody is there, and for five minutes after; then it lapses', async () => {
    const { outside } = visitor
    const page = await read()
    await page.mouse.move(5, 5)
    await outside.waitFor('the renewal that makes it a long one', () => renewals() === 1)
    await page.clock.runFor(290_000)
    await outside.waitFor('the renewals of five minutes', () => renewals() > 5)
    await page.clock.runFor(60_000)
    await visitor.settle(page)
    const renewed = renewals()
    expect(renewed).toBeLessThan(9)
    await page.clock.runFor(900_000)
    await visitor.settle(page)
    expect(renewals()).toBe(renewed)
    await page.mouse.move(9, 9)
    await outside.waitFor('a renewal after the silence', () => renewals() > renewed)
  })

  test('lapses too where a list in the page scrolls by itself', async () => {
    const { outside } = visitor
    const page = await read()
    await page.mouse.move(5, 5)
    await outside.waitFor('the renewal that makes it a long one', () => renewals() === 1)
    await page.evaluate(() => {
      const list = document.createElement('div')
      list.style.cssText = 'width:99px;overflow:auto'
      list.innerHTML = '<div style="width:9999px">1</div>'
      document.body.append(list)
    })
    for (let minute = 1; minute < 12; minute++) {
      await page.evaluate(
        (minute) =>
          new Promise<void>((resolve) => {
            const list = document.querySelector('div') as HTMLElement
            list.onscroll = () => resolve()
            list.scrollLeft = minute * 9
          }),
        minute,
      )
      await page.clock.runFor(60_000)
    }
    await visitor.settle(page)
    expect(renewals()).toBeLessThan(9)
  })

  test('is let go with the page: leaving it is told under its session, and no renewal follows', async () => {
    const { outside } = visitor
    const page = await read()
    const seen = await outside.event('page')
    await page.mouse.move(5, 5)
    await outside.waitFor('the first renewal', () => renewals() === 1)
    await show(page, false)
    expect((await outside.event('leave')).session).toBe(seen.session)
    await page.clock.runFor(200_000)
    await page.evaluate(() => Reflect.get(window, 'throughline')('event', 'late'))
    await outside.event('custom')
    expect(renewals()).toBe(1)
  })

  test('ends with consent also while the service has not answered yet', async () => {
    const { outside, visit } = visitor
    await (await visit('/')).waitForFunction(() => localStorage.getItem('tl_numbers'))
    outside.mood = 'hangs'
    const page = await visit('/next', '<p>8 (495) 000-00-00</p>')
    await page.getByText('8 (495) 123-45-67').waitFor()
    await page.evaluate(() => Reflect.get(window, 'throughline')('consent', false))
    await page.getByText('8 (495) 000-00-00').waitFor()
  })

  test('ends with consent in another tab too', async () => {
    const { visit } = visitor
    const page = await visit('/', '<p>8 (495) 000-00-00</p>')
    await page.getByText('8 (495) 123-45-67').waitFor()
    await (await visit('/next')).evaluate(() => Reflect.get(window, 'throughline')('consent', false))
    await page.getByText('8 (495) 000-00-00').waitFor()
  })

  test('ends with consent: the page shows its own number again, and nothing more is sent', async () => {
    const { outside } = visitor
    const page = await read()
    const sent = outside.requests.length
    await page.evaluate(() => Reflect.get(window, 'throughline')('consent', false))
    await page.getByText('8 (495) 000-00-00').waitFor()
    await page.mouse.move(5, 5)
    await page.clock.runFor(100_000)
    await page.goto('about:blank')
    expect(outside.requests).toHaveLength(sent)
  })
})
