import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { visiting } from './visiting.ts'

// Pages that behave as the builders' own do: the same events, in the same order, with the same changes of the page.
const pages = join(import.meta.dirname, '../../fixtures/pages')
const jQuery = readFileSync(createRequire(import.meta.url).resolve('jquery/dist/jquery.min.js'), 'utf8')

const visitor = visiting()

const leads = () => visitor.outside.events.filter(({ type }) => type === 'form')

async function open(name: string): Promise<Page> {
  const { outside, context } = visitor
  const html = readFileSync(join(pages, `${name}.html`), 'utf8')
  outside.put('/jquery.js', jQuery, { 'content-type': 'text/javascript; charset=utf-8' })
  for (const path of ['/gravity-answer', '/bitrix-answer']) outside.put(path, 'taken')
  outside.put(`/${name}`, html.replace('<!-- throughline -->', outside.snippet))
  const page = await context.newPage()
  await page.goto(`${outside.site}/${name}`)
  await outside.event('page')
  return page
}

async function send(page: Page, phone: string): Promise<void> {
  await page.locator('#result').evaluate((result) => {
    result.textContent = ''
  })
  const link = page.locator('a')
  if (await link.count()) await link.click()
  await page.locator('input[name]:not([type]), [type=text]').first().fill('Мария')
  await page.locator('[type=tel]').fill(phone)
  await page.locator('[type=email]').fill('m@example.com')
  await page.locator('[type=submit], [type=button]').click()
}

const answer = (page: Page, word: string) => page.locator('#result', { hasText: word }).waitFor()

/** What the page raises when it tells of its last success once more. */
const tellAgain = (page: Page) => page.evaluate(() => Reflect.get(window, 'again')())

const builders = [
  ['tilda-new', { id: 'form652374741', name: 'form652374741' }],
  ['tilda-old', { id: 'form154997802', name: null }],
  ['contact-form-7', { id: null, name: null }],
  ['elementor', { id: 'callback', name: 'Callback' }],
  ['wpforms', { id: 'wpforms-form-9', name: null }],
  ['gravity', { id: 'gform_1', name: null }],
  ['ninja', { id: null, name: null }],
  ['bitrix24', { id: null, name: null }],
] as const

describe.each(builders)('a form of %s', (name, described) => {
  test('is one lead when it was accepted, and none when it was refused', async () => {
    const { outside, settle } = visitor
    const page = await open(name)
    await send(page, '8 (926) 111-22-00')
    await answer(page, 'refused')
    await settle(page)
    expect(leads()).toEqual([])

    await send(page, '8 (926) 111-22-33')
    await answer(page, 'taken')
    await settle(page)
    const fields = { phone: '8 (926) 111-22-33', email: 'm@example.com', name: expect.stringMatching(/^Мария/) }
    expect(leads()).toMatchObject([{ form: { ...described, fields } }])

    await tellAgain(page)
    await settle(page)
    expect(leads()).toHaveLength(1)
    expect(outside.repeats).toEqual([])
    expect(outside.refused).toEqual([])
    for (const secret of ['hidden-secret', 'marked-secret', 'comment-secret', '111-22-00'])
      expect(outside.bodies.join()).not.toContain(secret)
    expect(visitor.complaints).toEqual([])
  })
})

describe('a form of Contact Form 7 whose first field stands before it', () => {
  test('is a lead when it was accepted, and none when it was only tried', async () => {
    const { outside, visit, settle } = visitor
    const fields = '<input type="tel" name="phone" value="8 (926) 111-22-33"><button>Send</button>'
    const form = `<div class="wpcf7"><form id="ask">${fields}</form></div>`
    const page = await visit('/', `<input form="ask" name="topic" value="flat">${form}`)
    await page.evaluate(() => document.addEventListener('submit', (event) => event.preventDefault()))
    await outside.event('page')
    await page.locator('button').click()
    await settle(page)
    expect(leads()).toEqual([])

    await page.locator('form').dispatchEvent('wpcf7mailsent')
    await settle(page)
    expect(leads()).toMatchObject([{ form: { id: 'ask', fields: { phone: '8 (926) 111-22-33' } } }])
    expect(outside.refused).toEqual([])
    expect(visitor.complaints).toEqual([])
  })
})

describe('a form of Tilda', () => {
  test('is a lead under Tilda’s number, for each request a new one', async () => {
    const page = await open('tilda-new')
    await send(page, '+7 926 111-22-33')
    await answer(page, 'taken')
    await send(page, '+7 926 111-22-33')
    await answer(page, 'taken')
    await visitor.settle(page)
    expect(leads().map(({ id }) => id)).toEqual(['3485402:88123411', '3485402:88123412'])
  })

  test('is no second lead when it is paid, and the fields are empty', async () => {
    const page = await open('tilda-new')
    await send(page, '+7 926 111-22-33')
    await answer(page, 'taken')
    await page.evaluate(() => Reflect.get(window, 'pay')())
    await page.evaluate(() => Reflect.get(window, 'pay')())
    await visitor.settle(page)
    expect(leads()).toMatchObject([{ id: '3485402:88123411', form: { fields: { phone: '+7 926 111-22-33' } } }])
  })
})

describe('a web form of 1C-Bitrix', () => {
  // It has no word for success that all its themes say: it counts when it is sent, like any form.
  test('is a lead when it is sent, and no other one when it is sent again after a refusal', async () => {
    const page = await open('bitrix')
    await send(page, '8 (926) 111-22-00')
    await answer(page, 'refused')
    // Captcha, consent: what was wrong may be anything, and the person is the same.
    await send(page, '8 (926) 111-22-00')
    await answer(page, 'refused')
    await send(page, '8 (926) 111-22-33')
    await answer(page, 'taken')
    await visitor.settle(page)
    expect(leads()).toMatchObject([
      { form: { name: 'SIMPLE_FORM_1', fields: { phone: '8 (926) 111-22-00', name: 'Мария' } } },
      { form: { name: 'SIMPLE_FORM_1', fields: { phone: '8 (926) 111-22-33', name: 'Мария' } } },
    ])
    expect(visitor.outside.bodies.join()).not.toMatch(/hidden-secret|marked-secret|comment-secret/)
  })
})

describe('a form of Wix', () => {
  test('is told by one call of the site’s own code', async () => {
    const page = await open('wix')
    await send(page, '8 (926) 111-22-00')
    await answer(page, 'refused')
    await send(page, '8 (926) 111-22-33')
    await answer(page, 'taken')
    await visitor.settle(page)
    const told = visitor.outside.events.filter((event) => 'name' in event && event.name === 'lead')
    expect(told).toMatchObject([
      { props: JSON.stringify({ phone: '8 (926) 111-22-33', email: 'm@example.com', name: 'Мария' }) },
    ])
    expect(leads()).toEqual([])
    expect(visitor.outside.bodies.join()).not.toMatch(/hidden-secret|marked-secret|comment-secret|111-22-00/)
  })
})

describe('a form that a script checks in place of the browser', () => {
  const form = (rest: string) =>
    `<form novalidate><input name="phone" type="tel" value="+7 926 111-22-33">${rest}<button>Send</button></form>
    <script>document.querySelector('form').addEventListener('submit', (event) => event.preventDefault())</script>`

  test.each([
    ['that is not shown', '<div style="display: none"><input name="company" required></div>', 1],
    ['of a step that has not come', '<fieldset hidden><select name="step" required></select></fieldset>', 1],
    ['that is shown', '<div><input name="company" required></div>', 0],
  ])('is a lead unless it lacks a field: one %s', async (_, rest, expected) => {
    const { outside, visit, settle } = visitor
    const page = await visit('/', form(rest))
    await outside.event('page')
    await page.click('button')
    await settle(page)
    expect(outside.events.filter(({ type }) => type === 'form')).toHaveLength(expected)
  })
})
