import { describe, expect, test } from 'vitest'
import { spellingsOf } from '#cdn/spellings.ts'
import { NUMBER } from './outside.ts'
import { pageOf, visiting } from './visiting.ts'

const visitor = visiting()

const html = (selector = 'main') => `document.querySelector(${JSON.stringify(selector)}).innerHTML`

describe('the number on a page', () => {
  test.each([
    ['+7 (495) 000-00-00', '+7 (495) 123-45-67'],
    ['8 495 0000000', '8 495 1234567'],
    [
      '<a href="tel:+74950000000">8&nbsp;(495)&nbsp;000–00–00</a>',
      '<a href="tel:+74951234567">8&nbsp;(495)&nbsp;123–45–67</a>',
    ],
    ['<a href="tel:8(495)000-00-00">call</a>', '<a href="tel:8(495)123-45-67">call</a>'],
    ['<a href="tel:%2B7%20495%20000%2000%2000;ext=5">call</a>', '<a href="tel:%2B74951234567;ext=5">call</a>'],
    ['<span>+7 495</span> <b>000-<i>00</i>-00</b> доб. 12', '<span>+7 495</span> <b>123-<i>45</i>-67</b> доб. 12'],
    ['8 (495) <span>000</span>\n      <span>00 00</span>', '8 (495) <span>123</span>\n      <span>45 67</span>'],
    ['<svg><text>84950000000</text></svg>', '<svg><text>84951234567</text></svg>'],
  ])('%s becomes %s', async (before, after) => {
    const { outside, visit, settle } = visitor
    const page = await visit('/', `<main>${before}</main>`)
    await outside.event('page')
    await page.waitForFunction(`!/0000|000-00|000–00/.test(${html()})`, undefined, { timeout: 5000 }).catch(() => {})
    await settle(page)
    expect(await page.evaluate(html())).toBe(after)
    expect(visitor.complaints).toEqual([])
  })

  test('stays where it must not be touched', async () => {
    const { visit } = visitor
    const untouched = [
      '<div data-tl-noswap="">+7 495 000-00-00 <a href="tel:+74950000000">x</a></div>',
      '<textarea>+7 495 000-00-00</textarea>',
      '<div contenteditable="true">+7 495 000-00-00</div>',
      '<script type="application/ld+json">{"telephone":"+7 495 000-00-00"}</script>',
      '<style>/* +7 495 000-00-00 */</style>',
      '<input value="+7 495 000-00-00">',
      '<p>94950000000, 849500000001, +1 495 000-00-01</p>',
    ].join('')
    const page = await visit('/', `<main>${untouched}</main><p id="own">+7 495 000-00-00</p>`)
    await page.locator('#own', { hasText: '+7 495 123-45-67' }).waitFor()
    expect(await page.evaluate(html())).toBe(untouched)
  })

  test('that arrives later is swapped too, in one piece or many, and as it is rewritten', async () => {
    const { visit, outside } = visitor
    const page = await visit('/', '<main></main>')
    await outside.event('page')
    const seen = await page.evaluate(async () => {
      const main = document.querySelector('main') as HTMLElement
      const frame = () => new Promise((resolve) => requestAnimationFrame(resolve))
      while (!(Reflect.get(window, 'throughline') as ((call: string) => unknown) | undefined)?.('getNumber'))
        await frame()
      const states: string[] = []
      const changing = async (change: () => void) => {
        change()
        await frame()
        states.push(main.innerHTML)
      }
      await changing(() => main.insertAdjacentHTML('beforeend', '8 (495) <b>000</b>-00-00'))
      await changing(() => main.replaceChildren(...Array.from({ length: 3 }, () => 'tel. 84950000000 ')))
      await changing(() => {
        ;(main.firstChild as Text).data = '+74950000000'
      })
      await changing(() => {
        main.innerHTML = '<a href="tel:1">x</a>'
        main.querySelector('a')?.setAttribute('href', 'tel:84950000000')
      })
      return states
    })
    expect(seen).toEqual([
      '8 (495) <b>123</b>-45-67',
      'tel. 84951234567 tel. 84951234567 tel. 84951234567 ',
      '+74951234567tel. 84951234567 tel. 84951234567 ',
      '<a href="tel:84951234567">x</a>',
    ])
  })

  test('is left to a page that insists on its own', async () => {
    const { visit, settle } = visitor
    const page = await visit('/', '<main>+7 495 000-00-00</main>')
    await page.getByText('123-45-67').waitFor()
    const rounds = await page.evaluate(async () => {
      const main = document.querySelector('main') as HTMLElement
      const text = main.firstChild as Text
      let rounds = 0
      await new Promise<void>((resolve) => {
        new MutationObserver(() => {
          if (text.data !== '+7 495 000-00-00' && rounds < 30_000) {
            rounds += 1
            text.data = '+7 495 000-00-00'
          }
        }).observe(main, { characterData: true, subtree: true })
        text.data = 'now +7 495 000-00-00'
        setTimeout(resolve, 200)
      })
      if (!text.data.includes('000-00-00')) throw new Error(text.data)
      return rounds
    })
    expect(rounds).toBeGreaterThan(1)
    expect(rounds).toBeLessThan(10_100)
    await settle(page)
  })

  test('stays the own one when the pool is exhausted', async () => {
    const { outside, visit, settle } = visitor
    outside.numbers = []
    const page = await visit('/', '<main>+7 495 000-00-00</main>')
    await outside.event('page')
    await settle(page)
    expect(await page.evaluate(html())).toBe('+7 495 000-00-00')
    expect(await page.evaluate(() => Reflect.get(window, 'throughline')('getNumber'))).toBeUndefined()
  })

  test('of another country or length is written in full', async () => {
    const { outside, visit } = visitor
    outside.numbers = [{ ...NUMBER, number: '+442071234567' }]
    const page = await visit('/', '<main><a href="tel:+74950000000">8 (495) <b>000</b>-00-00</a> now</main>')
    await page.locator('[href="tel:+442071234567"]').waitFor()
    expect(await page.textContent('main')).toBe('+442071234567 now')
  })
})

describe('several pools', () => {
  test('swap each its own number', async () => {
    const { outside, visit } = visitor
    outside.settings.replaces = spellingsOf(['+74950000000', '+78120000000'])
    outside.numbers.push({ ...NUMBER, pool: 'spb', replaces: ['+78120000000'], number: '+78127654321' })
    const page = await visit('/', '<main>8 495 000-00-00, 8 812 000-00-00</main>')
    await page.getByText('123-45-67').waitFor()
    expect(await page.textContent('main')).toBe('8 495 123-45-67, 8 812 765-43-21')
    const call = (own: string) => page.evaluate((own) => Reflect.get(window, 'throughline')('getNumber', own), own)
    expect(await call('+78120000000')).toBe('+78127654321')
  })
})

describe('a number that is known', () => {
  test('stands on the next page before the service has answered', async () => {
    const { outside, visit } = visitor
    await (await visit('/')).evaluate(() => 1)
    await outside.event('page')
    await outside.waitFor('the answer', () => outside.requests.length === 1)
    await visitor.context.pages()[0]?.waitForFunction(() => localStorage.getItem('tl_numbers'))
    outside.mood = 'hangs'
    const page = await visit('/next', '<main>8 495 000-00-00</main>')
    await page.getByText('8 495 123-45-67').waitFor()
  })

  test('stands there too where an old library has arrays become texts in JSON', async () => {
    const { outside, visit, context } = visitor
    // Prototype.js 1.6.
    await context.addInitScript(() =>
      Object.assign(Array.prototype, {
        toJSON(this: unknown[]) {
          return `[${this.map((each) => JSON.stringify(each))}]`
        },
      }),
    )
    const first = await visit('/', '<main>8 495 000-00-00</main>')
    await first.getByText('8 495 123-45-67').waitFor()
    outside.mood = 'hangs'
    const page = await visit('/next', '<main>8 495 000-00-00</main>')
    await page.getByText('8 495 123-45-67').waitFor()
    expect(visitor.complaints).toEqual([])
  })

  test('is forgotten when its lease is over', async () => {
    const { outside, visit, context } = visitor
    await context.addInitScript(
      (number) =>
        localStorage.setItem('tl_numbers', JSON.stringify([{ ...number, expires_at: '2020-01-01T00:00:00.000Z' }])),
      NUMBER,
    )
    outside.numbers = []
    const page = await visit('/', '<main>8 495 000-00-00</main>')
    await outside.event('page')
    await visitor.settle(page)
    expect(await page.textContent('main')).toBe('8 495 000-00-00')
  })
})

describe('a lease', () => {
  test('is confirmed by the first sign of life, renewed while somebody is there, and not longer', async () => {
    const { outside, context } = visitor
    const page = await context.newPage()
    await page.clock.install()
    outside.put('/', pageOf(outside.snippet, '<main>8 495 000-00-00</main>'))
    await page.goto(`${outside.site}/`)
    await page.clock.runFor(100)
    await page.getByText('123-45-67').waitFor()
    const renewals = () => outside.requests.filter((request) => request === 'POST /v1/numbers').length

    await page.mouse.move(50, 50)
    await outside.waitFor('the first sign of life', () => renewals() === 1)
    await page.mouse.move(60, 60)
    await page.clock.runFor(45_000)
    await outside.waitFor('a renewal', () => renewals() === 2)
    // Nobody touches anything for an hour: five minutes of patience, and then the number is free for others.
    await page.clock.runFor(3_600_000)
    await outside.waitFor('the last renewal', () => renewals() === 7)
    await visitor.settle(page)
    expect(renewals()).toBe(7)
    expect(outside.refused).toEqual([])
  })

  test('is not asked about before the page is known, lest the answer be no', async () => {
    const { outside, visit } = visitor
    outside.mood = 'hangs'
    const page = await visit('/')
    await outside.waitFor('the first request', () => outside.requests.length === 1)
    await page.mouse.move(50, 50)
    await page.mouse.wheel(0, 10)
    await page.goto('about:blank')
    await outside.waitFor('the beacon', () => outside.requests.length === 2)
    expect(outside.requests).toEqual(['POST /v1/events', 'POST /v1/events'])
  })

  test('that changes hands changes the page, back to the own number if need be', async () => {
    const { outside, context } = visitor
    const page = await context.newPage()
    await page.clock.install()
    outside.put('/', pageOf(outside.snippet, '<main>8 (495) 000-00-00</main>'))
    await page.goto(`${outside.site}/`)
    await page.clock.runFor(100)
    await page.getByText('8 (495) 123-45-67').waitFor()
    outside.numbers = [{ ...NUMBER, number: '+74997654321' }]
    await page.clock.runFor(45_000)
    await page.getByText('8 (499) 765-43-21').waitFor()
    outside.numbers = []
    await page.clock.runFor(45_000)
    await page.getByText('8 (495) 000-00-00').waitFor()
    outside.numbers = [NUMBER]
    await page.clock.runFor(45_000)
    await page.getByText('8 (495) 123-45-67').waitFor()
  })
})
