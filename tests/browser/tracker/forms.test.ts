import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { pageOf, visiting } from './visiting.ts'

const visitor = visiting()

const leads = () => visitor.outside.events.filter(({ type }) => type === 'form')

const submit = (page: Page) => page.locator('button').click()

const fill = async (page: Page, values: Record<string, string>) => {
  for (const [name, value] of Object.entries(values)) await page.locator(`[name="${name}"]`).fill(value)
}

describe('a form that the browser submits', () => {
  const form = `<form id="order" name="Order" method="post" action="/thanks">
    <input name="Имя"><input name="tel"><input type="email" name="mail"><textarea name="wish"></textarea>
    <input name="city"><button>Send</button></form>`

  test('is a lead with phone, email and name, and reaches the site as if nobody had looked', async () => {
    const { outside, visit } = visitor
    outside.put('/thanks', pageOf(outside.snippet, '<h1>Thanks</h1>'))
    outside.settings.form_values = ['city']
    const page = await visit('/', form)
    await outside.event('page')
    await fill(page, { Имя: ' Мария ', tel: '8 (926) 111-22-33', mail: 'm@example.com', wish: 'secret', city: 'Тверь' })
    await submit(page)
    await page.getByText('Thanks').waitFor()

    const lead = await outside.event('form')
    expect(lead).toMatchObject({
      url: `${outside.site}/`,
      form: {
        id: 'order',
        name: 'Order',
        fields: { name: 'Мария', phone: '8 (926) 111-22-33', email: 'm@example.com', city: 'Тверь' },
      },
    })
    expect(JSON.stringify(lead)).not.toContain('secret')
    expect(outside.posted).toHaveLength(1)
    expect(new URLSearchParams(outside.posted[0]).get('wish')).toBe('secret')
    await outside.event('page', ({ url }) => String(url).endsWith('/thanks'))
    await visitor.settle(page)
    expect(leads()).toHaveLength(1)
    expect(visitor.complaints).toEqual([])
  })

  test('is one lead however often it is sent, and another when it says something else', async () => {
    const { outside, visit, settle } = visitor
    const page = await visit('/', form)
    await page.evaluate(() => document.addEventListener('submit', (event) => event.preventDefault()))
    await outside.event('page')
    await fill(page, { tel: '+7 926 111-22-33' })
    for (let times = 0; times < 3; times++) await submit(page)
    await fill(page, { tel: '+7 926 111-22-34' })
    await submit(page)
    await settle(page)
    expect(leads()).toHaveLength(2)
  })

  test('gives no secret away', async () => {
    const { outside, visit, settle } = visitor
    outside.settings.form_values = ['password', 'card', 'note', 'token', 'fine']
    const page = await visit(
      '/',
      `<form><input name="phone" value="+7 926 111-22-33"><input type="password" name="password" value="hunter2">
      <input name="card" autocomplete="cc-number" value="4111111111111111"><input name="cvv" value="137">
      <input name="passport" type="tel" value="4509123456"><input type="hidden" name="token" value="t0ken">
      <input name="inn" value="500100732259"><label>СНИЛС <input name="s" value="11223344595"></label>
      <input name="note" data-tl-ignore value="marked"><p data-tl-ignore><input name="mail" value="in@marked.example"></p>
      <input name="fine" value="kept"><button>Send</button></form>`,
    )
    await page.evaluate(() => document.addEventListener('submit', (event) => event.preventDefault()))
    await outside.event('page')
    await submit(page)
    await settle(page)
    expect(leads()).toMatchObject([{ form: { fields: { phone: '+7 926 111-22-33', fine: 'kept' } } }])
    const { form } = leads()[0] as { form?: { fields?: object } }
    expect(Object.keys(form?.fields ?? {})).toEqual(['phone', 'fine'])
  })

  test.each([
    ['a search', '<input type="search" name="q" value="flat in Tver">'],
    ['a sign-in', '<input type="email" name="email" value="m@example.com"><input type="password" value="x">'],
    ['a filter', '<input name="price" value="1000000"><input name="area" value="40">'],
    ['a form marked data-tl-ignore', '<span data-tl-ignore><input type="tel" value="+79261112233"></span>'],
  ])('is no lead when it is %s', async (_, fields) => {
    const { outside, visit, settle } = visitor
    const page = await visit('/', `<form>${fields}<button>Send</button></form>`)
    await page.evaluate(() => document.addEventListener('submit', (event) => event.preventDefault()))
    await outside.event('page')
    await submit(page)
    await settle(page)
    expect(outside.events.map(({ type }) => type)).toEqual(['page', 'custom'])
  })
})

describe('a form of a site builder', () => {
  test('of Tilda is a lead when Tilda took it, under its number, and not when it was tried', async () => {
    const { outside, visit, settle } = visitor
    const page = await visit(
      '/',
      `<form class="js-form-proccess" id="form652374741"><input name="Phone" value="+7 926 111-22-33"><button>Send</button></form>`,
    )
    await page.evaluate(() => document.addEventListener('submit', (event) => event.preventDefault()))
    await outside.event('page')
    await submit(page)
    await settle(page)
    expect(leads()).toEqual([])
    await page.evaluate(() => {
      const form = document.querySelector('form') as HTMLFormElement
      Object.assign(form, { tildaTranId: '3485402:88123411' })
      for (let times = 0; times < 2; times++) {
        form.dispatchEvent(new CustomEvent('tildaform:aftersuccess', { bubbles: true }))
      }
    })
    await settle(page)
    expect(leads()).toMatchObject([
      { id: '3485402:88123411', form: { id: 'form652374741', fields: { phone: '+7 926 111-22-33' } } },
    ])
    expect(outside.repeats).toEqual([])
  })

  test('of old Tilda is heard through jQuery alone', async () => {
    const { outside, visit, settle, context } = visitor
    await context.addInitScript(() => {
      // As much of jQuery as it takes: handlers that only its own `trigger` calls.
      const handlers: ((event: object) => void)[] = []
      Object.assign(window, {
        jQuery: () => ({ on: (_: string, act: (event: object) => void) => handlers.push(act) }),
        trigger: (target: Element) => handlers.map((act) => act({ target })),
      })
    })
    const page = await visit('/', '<form class="js-form-proccess"><input name="Phone" value="+79261112233"></form>')
    await outside.event('page')
    await page.evaluate(() => Reflect.get(window, 'trigger')(document.querySelector('form')))
    await settle(page)
    expect(leads()).toHaveLength(1)
  })

  test('of Contact Form 7 is a lead when the mail was sent', async () => {
    const { outside, visit, settle } = visitor
    const page = await visit(
      '/',
      `<div class="wpcf7"><form class="wpcf7-form"><input name="your-name" value="Мария"><input name="your-email" value="m@example.com"><button>Send</button></form></div>`,
    )
    await page.evaluate(() => document.addEventListener('submit', (event) => event.preventDefault()))
    await outside.event('page')
    await submit(page)
    await settle(page)
    expect(leads()).toEqual([])
    await page.evaluate(() => {
      const at = document.querySelector('.wpcf7') as Element
      at.dispatchEvent(new CustomEvent('wpcf7mailsent', { bubbles: true, detail: { contactFormId: 7 } }))
    })
    await settle(page)
    expect(leads()).toMatchObject([{ form: { fields: { name: 'Мария', email: 'm@example.com' } } }])
  })
})
