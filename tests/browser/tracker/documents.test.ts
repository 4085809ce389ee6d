import { describe, expect, test } from 'vitest'
import { pageOf, visiting } from './visiting.ts'

const visitor = visiting()

const NUMBER_ON_PAGE = '<a href="tel:+74950000000">8 (495) 000-00-00</a>'
const FORM = '<form id="order"><input type="tel" value="89261112233" /><button>Send</button></form>'

describe('a document', () => {
  test.each<[string, (snippet: string, address: string) => string, string]>([
    [
      'of XHTML',
      (_, address) =>
        `<?xml version="1.0" encoding="UTF-8"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title>Shop</title><link rel="icon" href="data:," /><script src="${address}"></script></head><body>${NUMBER_ON_PAGE}${FORM}</body></html>`,
      'application/xhtml+xml',
    ],
    [
      'whose addresses are those of another site',
      (snippet) => pageOf(`<base href="http://elsewhere.test/deep/" />${snippet}`, NUMBER_ON_PAGE + FORM),
      'text/html',
    ],
    [
      'whose loader takes the tag away before it has come',
      (_, address) =>
        pageOf(
          `<script>
            var tag = document.head.appendChild(document.createElement('script'))
            tag.src = '${address}'
            tag.remove()
          </script>`,
          NUMBER_ON_PAGE + FORM,
        ),
      'text/html',
    ],
    [
      'that takes the script for a module',
      (_, address) => pageOf(`<script type="module" src="${address}"></script>`, NUMBER_ON_PAGE + FORM),
      'text/html',
    ],
  ])('%s is counted, has its number shown, and its lead told', async (_, write, type) => {
    const { outside, context, settle } = visitor
    outside.put('/', write(outside.snippet, `${outside.endpoint}/t/shop.js`), {
      'content-type': `${type}; charset=utf-8`,
    })
    const page = await context.newPage()
    await page.goto(`${outside.site}/`)
    await outside.event('page')
    await page.getByText('8 (495) 123-45-67').waitFor()
    await page.evaluate(() => addEventListener('submit', (event) => event.preventDefault()))
    await page.locator('button').click()
    await settle(page)
    expect(outside.events.map(({ type }) => type)).toEqual(['page', 'form', 'custom'])
    expect(await page.getAttribute('a', 'href')).toBe('tel:+74951234567')
    expect(outside.refused).toEqual([])
    expect(visitor.complaints).toEqual([])
  })

  test('that lets nothing of the language be changed is counted, has its number shown, and its lead told', async () => {
    const { outside, context, visit, settle } = visitor
    await context.addInitScript(() => {
      const builtIn = [Object, Array, Function, String, Number, Promise, Set, Map, RegExp, Date]
      for (const { prototype } of [...builtIn, Node, Text, Attr, Element, HTMLElement, Document, EventTarget])
        Object.freeze(prototype)
      for (const it of [...builtIn, JSON, Math, Reflect]) Object.freeze(it)
    })
    const page = await visit('/', NUMBER_ON_PAGE + FORM)
    await outside.event('page')
    await page.getByText('8 (495) 123-45-67').waitFor()
    await page.evaluate(() => addEventListener('submit', (event) => event.preventDefault()))
    await page.locator('button').click()
    await settle(page)
    expect(outside.events.map(({ type }) => type)).toEqual(['page', 'form', 'custom'])
    expect(visitor.complaints).toEqual([])
  })
})

describe('a page that keeps making itself anew', () => {
  test('is never seen with its own number again, once the visitor has another', async () => {
    const { visit, settle } = visitor
    const page = await visit(
      '/',
      `<main></main><script>
        var main = document.querySelector('main'), seen = [], made = 0
        var make = () => { made++; main.innerHTML = '<p>8 (495) <b>000</b>-00-00 <a href="tel:84950000000">+7 495 000 00 00</a></p>' }
        var look = () => { seen.push(main.innerHTML); requestAnimationFrame(look) }
        make(); setInterval(make, 15); requestAnimationFrame(look)
      </script>`,
    )
    await page.getByText('+7 495 123 45 67').waitFor()
    await page.evaluate('seen.length = made = 0')
    await page.waitForFunction('made > 30 && seen.length > 10')
    await settle(page)
    expect(await page.evaluate('[...new Set(seen)]')).toEqual([
      '<p>8 (495) <b>123</b>-45-67 <a href="tel:84951234567">+7 495 123 45 67</a></p>',
    ])
    expect(visitor.complaints).toEqual([])
  })

  test('shows the number in shadow roots within shadow roots, whenever they come', async () => {
    const { visit } = visitor
    const page = await visit('/', '<main>8 495 000-00-00</main>')
    await page.getByText('8 495 123-45-67').waitFor()
    await page.evaluate(() => {
      const open = (name: string, fill: (root: ShadowRoot) => void) =>
        customElements.define(
          name,
          class extends HTMLElement {
            connectedCallback() {
              fill(this.attachShadow({ mode: 'open' }))
            }
          },
        )
      open('x-outer', (root) => {
        root.innerHTML = '<x-inner></x-inner><x-late></x-late>'
      })
      // As Lit does: the root at once, what is in it a moment later.
      open('x-inner', (root) => {
        queueMicrotask(() => {
          root.innerHTML = '<b>8 (495)</b> 000-00-00'
        })
      })
      document.body.append(document.createElement('x-outer'))
      setTimeout(() =>
        open('x-late', (root) => {
          root.innerHTML = '+7 495 000 00 00'
        }),
      )
    })
    const inside = (name: string) =>
      page.evaluate(
        (name) => document.querySelector('x-outer')?.shadowRoot?.querySelector(name)?.shadowRoot?.textContent,
        name,
      )
    await expect.poll(() => inside('x-inner')).toBe('8 (495) 123-45-67')
    await expect.poll(() => inside('x-late')).toBe('+7 495 123 45 67')
    expect(visitor.complaints).toEqual([])
  })
})
