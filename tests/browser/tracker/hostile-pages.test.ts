import { describe, expect, test } from 'vitest'
import { NUMBER } from './outside.ts'
import { pageOf, visiting } from './visiting.ts'

const visitor = visiting()

const stub = '<script>throughline=function(){(throughline.q=throughline.q||[]).push(arguments)}'

describe('what visitors of a page may write into it', () => {
  test('moves no text into another, whatever characters it is made of', async () => {
    const { visit, settle } = visitor
    const page = await visit('/', '<p>a &#xFDD0; b</p><p>second</p><main>8 495 000-00-00</main><p>last</p>')
    await page.getByText('8 495 123-45-67').waitFor()
    const later = 'x \ufdd0 8 495 000-00-00'
    await page.evaluate((text) => document.querySelector('p')?.append(text), later)
    await settle(page)
    expect(await page.evaluate('[...document.querySelectorAll("p")].map((p) => p.textContent)')).toEqual([
      `a \ufdd0 b${later}`,
      'second',
      'last',
    ])
    expect(visitor.complaints).toEqual([])
  })

  test.each([
    ['a picture', (base: string) => `<img alt="" src="${base}/t/shop.js">`],
    ['an element with data of its own', (base: string) => `<p data-tl-base="${base}">Hi</p>`],
  ])('does not say where facts go: %s', async (_, written) => {
    const { outside, context } = visitor
    outside.put(
      '/',
      pageOf('', `${written(`${outside.site}/elsewhere`)}<main>8 495 000-00-00</main>${outside.snippet}`),
    )
    const page = await context.newPage()
    await page.goto(`${outside.site}/`)
    await page.getByText('8 495 123-45-67').waitFor()
    await outside.event('page')
  })
})

test('the address of the service may end in a slash', async () => {
  const { outside, context } = visitor
  const src = `${outside.endpoint}/t/shop.js`
  outside.put('/', pageOf(`<script async data-tl-base="${outside.endpoint}/" src="${src}"></script>`, ''))
  const page = await context.newPage()
  await page.goto(`${outside.site}/`)
  await outside.event('page')
  expect(outside.requests.filter((line) => line.includes('//'))).toEqual([])
})

test('a page that writes its own number whenever it is asked about one does not stand still', async () => {
  const { outside, context } = visitor
  const head = `${stub};throughline('onSwap',function(change){
    var line = document.createElement('p'); line.textContent = change.own; document.body.append(line)
    return false
  })</script>`
  outside.put('/', pageOf(head + outside.snippet, '<main>8 495 000-00-00</main>'))
  const page = await context.newPage()
  await page.goto(`${outside.site}/`)
  await page.locator('p').first().waitFor({ state: 'attached' })
  await visitor.settle(page)
  expect(await page.textContent('main')).toBe('8 495 000-00-00')
})

describe('a copy that the page makes of what was swapped', () => {
  const copied = `<main>8 495 000-00-00 <a href="tel:+74950000000">+7 (495) 000-00-00</a></main>`

  test.each([
    ['a clone', `document.body.append(Object.assign(document.querySelector('main').cloneNode(true), { id: 'copy' }))`],
    ['written anew', `document.querySelector('main').innerHTML += ''`],
  ])('goes back to the own number with it: %s', async (_, act) => {
    const { visit, settle } = visitor
    const page = await visit('/', copied)
    await page.getByText('8 495 123-45-67').waitFor()
    await page.evaluate(act)
    await settle(page)
    await page.evaluate(`throughline('consent', false)`)
    expect(await page.evaluate(`document.body.innerHTML`)).not.toMatch(/123-45-67|1234567/)
    expect(await page.evaluate(`document.querySelector('body > main:last-of-type').innerHTML`)).toBe(
      copied.replace(/<.?main>/g, ''),
    )
  })

  test('goes on with it to the next number', async () => {
    const { outside, visit, settle } = visitor
    const page = await visit('/', copied)
    await page.getByText('8 495 123-45-67').waitFor()
    await page.evaluate(`document.body.append(document.querySelector('main').cloneNode(true))`)
    await settle(page)
    outside.numbers = [{ ...NUMBER, number: '+74957654321' }]
    await page.mouse.move(5, 5)
    await page.locator('main', { hasText: '765-43-21' }).first().waitFor({ timeout: 10_000 })
    expect(await page.evaluate(`[...document.querySelectorAll('main')].map((main) => main.textContent)`)).toEqual(
      Array(2).fill('8 495 765-43-21 +7 (495) 765-43-21'),
    )
  })
})
