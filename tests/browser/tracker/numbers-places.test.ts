import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { publicSettings } from '#cdn/public-settings.ts'
import { areaOf } from '#cdn/spellings.ts'
import { PoolDocument, SiteDocument } from '#storage/settings/documents.ts'
import { NUMBER } from './outside.ts'
import { pageOf, visiting } from './visiting.ts'

const visitor = visiting()

const pool = PoolDocument.parse({
  id: 'ads',
  site: 'shop',
  kind: 'dynamic',
  numbers: [NUMBER.number],
  selectors: ['.phone'],
})

/** Waits until the element says so, then until all is quiet. */
async function shows(page: Page, selector: string, text: string): Promise<void> {
  await page.waitForFunction(([selector, text]) => document.querySelector(selector)?.textContent === text, [
    selector,
    text,
  ] as const)
  await visitor.settle(page)
}

describe('a shadow root', () => {
  test.each([
    ['there at load', '<x-card><template shadowrootmode="open">8 (495) 000-00-00</template></x-card>', ''],
    [
      'of an element that is added later',
      '',
      `const card = document.createElement('x-card')
      document.body.append(card)
      card.attachShadow({ mode: 'open' }).innerHTML = '8 (495) <b>000</b>-00-00'`,
    ],
  ])('%s is swapped, and what comes into it later', async (_, html, script) => {
    const page = await visitor.visit('/', `<main>8 495 000-00-00</main>${html}`)
    await shows(page, 'main', '8 495 123-45-67')
    await page.evaluate(script)
    const inside = () => page.evaluate(`document.querySelector('x-card').shadowRoot.textContent`)
    await expect.poll(inside).toBe('8 (495) 123-45-67')
    await page.evaluate(`document.querySelector('x-card').shadowRoot.innerHTML = '<p>+7 495 000 00 00</p>'`)
    await expect.poll(inside).toBe('+7 495 123 45 67')
    expect(visitor.complaints).toEqual([])
  })

  test('is read before what its element holds, between comments too', async () => {
    const page = await visitor.visit('/', '<main>8 495 000-00-00</main><!-- a --><x-card>000-00<!-- b -->-00</x-card>')
    await page.evaluate(
      `document.querySelector('x-card').attachShadow({ mode: 'open' }).innerHTML = '8 (495) <slot></slot>'`,
    )
    await shows(page, 'main', '8 495 123-45-67')
    await page.evaluate("throughline('swap', document.querySelector('x-card'))")
    await expect.poll(() => page.evaluate(`document.querySelector('x-card').textContent`)).toBe('123-45-67')
    expect(visitor.complaints).toEqual([])
  })

  test('that an element opens when its script has come is swapped, and what comes into it later', async () => {
    const page = await visitor.visit('/', '<main>8 495 000-00-00</main><x-card></x-card>')
    await shows(page, 'main', '8 495 123-45-67')
    await page.evaluate(`customElements.define('x-card', class extends HTMLElement {
      connectedCallback() { this.attachShadow({ mode: 'open' }).innerHTML = '8 (495) 000-00-00' }
    })`)
    const inside = () => page.evaluate(`document.querySelector('x-card').shadowRoot.textContent`)
    await expect.poll(inside).toBe('8 (495) 123-45-67')
    await page.evaluate(`document.querySelector('x-card').shadowRoot.innerHTML = '<p>+7 495 000 00 00</p>'`)
    await expect.poll(inside).toBe('+7 495 123 45 67')
    expect(visitor.complaints).toEqual([])
  })

  test('that is closed is swapped by hand, and follows the number from then on', async () => {
    const { outside, context } = visitor
    const page = await context.newPage()
    await page.clock.install()
    outside.put('/', pageOf(outside.snippet, '<main>8 495 000-00-00</main>'))
    await page.goto(`${outside.site}/`)
    await page.clock.runFor(100)
    await page.getByText('8 495 123-45-67').waitFor()
    const closed = await page.evaluateHandle(() => {
      const root = document.body.appendChild(document.createElement('div')).attachShadow({ mode: 'closed' })
      root.innerHTML = '<p>8 495 000-00-00</p>'
      Reflect.get(window, 'throughline')('swap', root)
      return root
    })
    expect(await closed.evaluate((root) => root.textContent)).toBe('8 495 123-45-67')
    outside.numbers = [{ ...NUMBER, number: '+74957654321' }]
    await page.clock.runFor(45_000)
    await expect.poll(() => closed.evaluate((root) => root.textContent)).toBe('8 495 765-43-21')
    await closed.evaluate((root) => {
      root.innerHTML = '<b>8 (495) 000-00-00</b>'
    })
    await expect.poll(() => closed.evaluate((root) => root.textContent)).toBe('8 (495) 765-43-21')
  })
})

describe('an attribute', () => {
  const html =
    '<main title="8 495 000-00-00" aria-label="8 495 000-00-00"><img alt="8 495 000-00-00" src="data:,">8 495 000-00-00</main>'

  test.each([
    ['is swapped with its text when people read it, and no other', undefined, '8 495 000-00-00', '8 495 123-45-67'],
    [
      'such as alt is swapped where the site names it, and then only what it names',
      ['alt'],
      '8 495 123-45-67',
      '8 495 000-00-00',
    ],
  ])('%s', async (_, swap_attributes, alt, title) => {
    const { outside, visit } = visitor
    const site = SiteDocument.parse({ id: 'shop', domains: ['shop.test'], ...(swap_attributes && { swap_attributes }) })
    outside.settings = publicSettings(site, [PoolDocument.parse({ ...pool, selectors: [], replaces: NUMBER.replaces })])
    const page = await visit('/', html)
    await shows(page, 'main', '8 495 123-45-67')
    expect([await page.getAttribute('img', 'alt'), await page.getAttribute('main', 'title')]).toEqual([alt, title])
    expect(await page.getAttribute('main', 'aria-label')).toBe(title)
  })
})

describe('a number in several pieces', () => {
  test('is swapped when they arrive one after the other, without another word of the service', async () => {
    const { outside, context } = visitor
    const [head = '', tail] = pageOf(outside.snippet, '<main>+7 495 <b>000</b>|-00-00</main>').split('|')
    let finish = () => {}
    const slow = createServer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
      response.write(head)
      finish = () => response.end(tail)
    })
    await new Promise<void>((resolve) => slow.listen(0, '127.0.0.1', resolve))
    const page = await context.newPage()
    const { port } = slow.address() as AddressInfo
    await page.goto(`http://www.shop.test:${port}/`, { waitUntil: 'commit' })
    await page.waitForFunction('localStorage.tl_numbers')
    finish()
    await page.waitForLoadState()
    await shows(page, 'main', '+7 495 123-45-67')
    slow.close()
  })

  test('is found while its elements are being put together', async () => {
    const page = await visitor.visit('/', '<main>8 495 000-00-00</main>')
    await shows(page, 'main', '8 495 123-45-67')
    await page.evaluate(() => {
      const line = document.body.appendChild(document.createElement('p'))
      line.append('8 (495) ')
      const bold = line.appendChild(document.createElement('b'))
      bold.append('000')
      line.append('-00-00')
    })
    await shows(page, 'p', '8 (495) 123-45-67')
  })

  test('stays whole when one of them is moved', async () => {
    const page = await visitor.visit('/', '<p>8 (495) <b>000</b>-00-00</p>')
    await shows(page, 'p', '8 (495) 123-45-67')
    await page.evaluate(() => {
      const bold = document.querySelector('b') as Element
      bold.replaceWith(bold)
      bold.before(bold)
    })
    await shows(page, 'p', '8 (495) 123-45-67')
  })
})

describe('a form whose fields are called like what forms have of their own', () => {
  const names = [
    'nodeType childNodes firstChild parentNode parentElement children attributes shadowRoot localName tagName',
    'matches closest getAttribute hasAttribute querySelector querySelectorAll elements length id name title action',
  ].flatMap((row) => row.split(' '))

  test('keeps no number from being swapped, in it or beside it, at once or later', async () => {
    const { visit, settle } = visitor
    const forms = names.map(
      (name) => `<form><input name="${name}"><a href="tel:84950000000">8 495 000-00-00</a></form>`,
    )
    const page = await visit('/', `${forms.join('')}<main>8 495 000-00-00</main>`)
    await shows(page, 'main', '8 495 123-45-67')
    await page.evaluate(() => {
      for (const form of document.forms) {
        // With the methods of other elements, for the same reason.
        document.body.append.call(form, '8 (495) 000-00-00')
        document.body.setAttribute.call(form, 'aria-label', 'changed')
      }
      document.body.append('8/495/000-00-00')
    })
    await page.waitForFunction("document.body.textContent.includes('8/495/123-45-67')")
    await settle(page)
    const text = String(await page.evaluate('document.body.textContent'))
    expect(text).not.toMatch(/000-00-00/)
    expect(text.split('8 495 123-45-67')).toHaveLength(names.length + 2)
    expect(text.split('8 (495) 123-45-67')).toHaveLength(names.length + 1)
    expect(await page.locator('[href="tel:84951234567"]').count()).toBe(names.length)
    expect(visitor.complaints).toEqual([])
  })

  test.each(['matches', 'closest', 'nodeType', 'childNodes'])(
    'is left as it is with data-tl-noswap, also with a field called %s',
    async (name) => {
      const own = `<input name="${name}">8 495 000-00-00`
      const page = await visitor.visit('/', `<form data-tl-noswap>${own}</form><main>8 495 000-00-00</main>`)
      await shows(page, 'main', '8 495 123-45-67')
      await page.evaluate("document.body.append.call(document.forms[0], '8 495 000-00-00')")
      await visitor.settle(page)
      expect(await page.innerHTML('form')).toBe(`${own}8 495 000-00-00`)
    },
  )
})

test('a node that throws whatever it is asked keeps no number beside it from being swapped', async () => {
  const { visit, settle } = visitor
  const page = await visit(
    '/',
    `<script>
      const fail = () => { throw new Error('hands off') }
      const hostile = {}
      for (const name of ['nodeType', 'nodeValue', 'childNodes', 'attributes', 'shadowRoot', 'parentElement', 'matches', 'closest', 'localName'])
        hostile[name] = { get: fail, set: fail, configurable: true }
      const spoil = (node) => Object.defineProperties(node, hostile)
    </script><p>8 495 000-00-00</p><i>8 495 000-00-00</i><b></b><script>
      spoil(document.querySelector('i'))
      spoil(document.querySelector('b').appendChild(new Text('8 495 000-00-00')))
    </script><main>8 495 000-00-00</main>`,
  )
  await shows(page, 'main', '8 495 123-45-67')
  expect(await page.textContent('p')).toBe('8 495 123-45-67')
  await page.evaluate(`
    document.body.append(spoil(document.createElement('form')), spoil(new Text('odd')), '8 (495) 000-00-00')
    document.querySelector('main').append('; 8 495 000-00-00')
  `)
  await shows(page, 'main', '8 495 123-45-67; 8 495 123-45-67')
  await settle(page)
  expect(await page.evaluate('document.body.lastChild.data')).toBe('8 (495) 123-45-67')
  expect(visitor.complaints).toEqual([])
})

describe('elements of a selector', () => {
  test('show the number of their pool, written as the phone that was there, whatever it was', async () => {
    const { outside, visit, context } = visitor
    outside.settings.areas = [areaOf('.phone', pool)]
    outside.numbers = [{ ...NUMBER, replaces: ['.phone'] }]
    const page = await visit(
      '/',
      `<p class="phone">8 (800) <b>555</b>-35-35 доб. 2</p><p class="phone">Call us 24/7</p>
      <a class="phone" href="tel:88005553535"> 8-800-555-35-35 </a><p>8 495 000-00-00</p>`,
    )
    await page.getByText('8-495-123-45-67').waitFor()
    const html = () => page.evaluate(`document.body.innerHTML.replace(/>\\s+</g, '><')`)
    expect(await html()).toBe(
      '<p class="phone">8 (495) <b>123</b>-45-67 доб. 2</p><p class="phone">+74951234567</p>' +
        '<a class="phone" href="tel:84951234567"> 8-495-123-45-67 </a><p>8 495 000-00-00</p>',
    )
    await page.evaluate(`document.querySelector('.phone b').textContent = '777'`)
    await shows(page, '.phone', '8 (495) 123-45-67 доб. 2')
    expect(context.pages()).toHaveLength(1)
  })

  test('keep what stands around a number of another country, and their other attributes', async () => {
    const { outside, visit } = visitor
    outside.settings.areas = [areaOf('.phone', pool)]
    outside.numbers = [{ ...NUMBER, replaces: ['.phone'], number: '+442071234567' }]
    const page = await visit('/', '<p class="phone" title="Office">8 (800) <b>555</b>-35-35 доб. 2</p>')
    await shows(page, '.phone', '+442071234567 доб. 2')
    expect(await page.getAttribute('.phone', 'title')).toBe('Office')
  })

  test('show an address, whatever address was there', async () => {
    const { outside, visit } = visitor
    const mail = { id: 'mail', site: 'shop', kind: 'email', numbers: ['ads@shop.test'], selectors: ['.mail'] }
    outside.settings.areas = [areaOf('.mail', PoolDocument.parse(mail))]
    outside.numbers = [{ ...NUMBER, pool: 'mail', replaces: ['.mail'], number: 'ads@shop.test' }]
    const body =
      '<p class="mail">Write <a href="mailto:hi@shop.test?cc=a@b.test">Hi@shop.test</a></p><i class="mail">us</i>'
    const page = await visit('/', body)
    await shows(page, 'i', 'ads@shop.test')
    expect(await page.innerHTML('p')).toBe('Write <a href="mailto:ads@shop.test?cc=a@b.test">ads@shop.test</a>')
  })

  test('get back what they had when the lease is over', async () => {
    const { outside, context } = visitor
    const page = await context.newPage()
    await page.clock.install()
    outside.settings.areas = [areaOf('.phone', pool)]
    outside.numbers = [{ ...NUMBER, replaces: ['.phone'] }]
    outside.put('/', pageOf(outside.snippet, '<p class="phone">ask <b>us</b></p>'))
    await page.goto(`${outside.site}/`)
    await page.clock.runFor(100)
    await page.getByText('+74951234567').waitFor()
    outside.numbers = []
    await page.clock.runFor(45_000)
    await expect.poll(() => page.innerHTML('.phone')).toBe('ask <b>us</b>')
  })
})

describe('an e-mail address', () => {
  test('is swapped in texts and links, whatever its case, and not inside a longer one', async () => {
    const { outside, visit } = visitor
    const pool = { id: 'mail', site: 'shop', kind: 'email', numbers: ['ads@shop.test'], replaces: ['info@shop.test'] }
    const site = SiteDocument.parse({ id: 'shop', domains: ['shop.test'] })
    outside.settings = publicSettings(site, [PoolDocument.parse(pool)])
    outside.numbers = [{ ...NUMBER, pool: 'mail', replaces: pool.replaces, number: 'ads@shop.test' }]
    const untouched = 'my-info@shop.test, my.info@shop.test, info@shop.test.ru, info@shop.tests, xinfo@shop.test'
    const page = await visit(
      '/',
      `<main>почта:Info@Shop.test, info<wbr>@shop.test. ${untouched}
      <a href="mailto:info@shop.test?subject=a%26b&amp;cc=info@shop.test">x</a></main>`,
    )
    await page.locator('[href^="mailto:ads"]').waitFor()
    expect((await page.innerHTML('main')).replace(/\s+/g, ' ')).toBe(
      `почта:ads@shop.test, ads@shop.test<wbr>. ${untouched} ` +
        '<a href="mailto:ads@shop.test?subject=a%26b&amp;cc=info@shop.test">x</a>',
    )
    expect(visitor.complaints).toEqual([])
  })
})

describe('a page that wants a say', () => {
  const stub =
    '<script>window.throughline=window.throughline||function(){(throughline.q=throughline.q||[]).push(arguments)}'

  test('is asked before a number is shown, and keeps its own, until it swaps by hand', async () => {
    const { outside, context } = visitor
    const page = await context.newPage()
    await page.clock.install()
    const head = `${stub};var asked=[];throughline('onSwap',function(change){asked.push(change);return false})</script>`
    outside.put('/', pageOf(head + outside.snippet, '<main>8 495 000-00-00</main><p>8 495 000-00-00</p>'))
    await page.goto(`${outside.site}/`)
    await page.clock.runFor(100)
    await page.waitForFunction('asked.length')
    expect(await page.evaluate('asked[0]')).toEqual({ own: '+74950000000', number: '+74951234567' })
    expect(await page.textContent('main')).toBe('8 495 000-00-00')
    await page.evaluate(`throughline('swap', document.querySelector('main'))`)
    const answers = await page.evaluate('asked.length')
    await page.clock.runFor(45_000)
    await page.waitForFunction((before) => Number(Reflect.get(window, 'asked').length) > before, Number(answers))
    expect(await page.textContent('main')).toBe('8 495 123-45-67')
    expect(await page.textContent('p')).toBe('8 495 000-00-00')
  })

  test('is told its number with the first answer when it asks before, and at once after', async () => {
    const { outside, context } = visitor
    const ask = "throughline('getNumber','+74950000000',function(number){told.push(number)})"
    const bad = "throughline('getNumber','',function(){throw 1})"
    const none = "throughline('getNumber','+70000000000',function(number){told.push(number)})"
    const head = `${stub};var told=[];${bad};${ask};${none}</script>`
    outside.put('/', pageOf(head + outside.snippet, '<main>8 495 000-00-00</main>'))
    const page = await context.newPage()
    await page.goto(`${outside.site}/`)
    await shows(page, 'main', '8 495 123-45-67')
    await page.waitForFunction('told.length > 1')
    expect(await page.evaluate('told')).toEqual(['+74951234567', undefined])
    expect(await page.evaluate(`told=[];${ask};${none};told`)).toEqual(['+74951234567', undefined])
    expect(visitor.complaints).toEqual([])
  })

  test.each([
    ['throw', 'throw 1'],
    ['answer with anything but a plain no', 'return 0'],
    ['answer with nothing in words', "return ''"],
  ])('may %s, and is not heeded then', async (_, answer) => {
    const { outside, context } = visitor
    const head = `${stub};throughline('onSwap',function(){${answer}})</script>`
    outside.put('/', pageOf(head + outside.snippet, '<main>8 495 000-00-00</main>'))
    const page = await context.newPage()
    await page.goto(`${outside.site}/`)
    await shows(page, 'main', '8 495 123-45-67')
    expect(visitor.complaints).toEqual([])
  })
})
