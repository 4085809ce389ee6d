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
    outside.settings.kept = '^(city)$'
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
    outside.settings.kept = '.'
    const page = await visit(
      '/',
      `<form><input name="name" value="Мария"><input name="phone" value="+7 926 111-22-33"><input type="password" name="password" value="hunter2">
      <input name="card" autocomplete="cc-number" value="4111111111111111"><input name="cvv" value="137">
      <input name="passport" type="tel" value="4509123456"><input type="hidden" name="token" value="t0ken">
      <input name="inn" value="500100732259"><label>СНИЛС <input name="s" value="11223344595"></label>
      <input name="note" data-tl-ignore value="marked"><p data-tl-ignore><input name="mail" value="in@marked.example"></p>
      <input type="radio" name="age" value="radio" checked><input type="checkbox" name="agree" value="tick" checked>
      <input name="fine" value="kept"><button>Send</button></form>`,
    )
    await page.evaluate(() => document.addEventListener('submit', (event) => event.preventDefault()))
    await outside.event('page')
    await submit(page)
    await settle(page)
    expect(leads()).toMatchObject([{ form: { fields: { phone: '+7 926 111-22-33', fine: 'kept' } } }])
    const { form } = leads()[0] as { form?: { fields?: object } }
    expect(Object.keys(form?.fields ?? {})).toEqual(['name', 'phone', 'fine'])
    const secrets = /hunter2|4111111|"137"|450912|t0ken|5001007|112233445|marked|radio|tick/
    expect(outside.bodies.join()).toContain('926')
    expect(outside.bodies.join()).not.toMatch(secrets)
  })

  test.each([
    ['a newsletter', '<input type="email" name="email" value="m@example.com">', { email: 'm@example.com' }],
    [
      'a checkout that opens an account',
      '<input name="billing_first_name" value="Мария"><input type="tel" name="billing_phone" value="89261112233"><input type="password" value="x">',
      { name: 'Мария', phone: '89261112233' },
    ],
    [
      'a form that names its fields in labels alone',
      '<label>Имя <input name="f1" value="Мария"></label><label for="p">Контактный телефон</label><input id="p" name="f2" value="9261112233">',
      { name: 'Мария', phone: '9261112233' },
    ],
    [
      'given name and family name',
      '<input autocomplete="given-name" value="Мария"><input autocomplete="family-name" value="Иванова"><input type="tel" value="9261112233">',
      { name: 'Мария', lastname: 'Иванова', phone: '9261112233' },
    ],
    [
      'two phones, of which the first is the one to call',
      '<input name="phone" value="8 926 111-22-33"><input name="phone2" value="8 926 111-22-34">',
      { phone: '8 926 111-22-33' },
    ],
    [
      'a request with the number of a passport',
      '<input type="tel" name="phone" value="9261112233"><input name="passport" value="4509 123456">',
      { phone: '9261112233' },
    ],
    [
      'fields whose names are those of the form’s own members',
      '<input name="id" value="1"><input name="name" value="Мария"><input type="tel" name="phone" value="9261112233">',
      { name: 'Мария', phone: '9261112233' },
    ],
    [
      'a form that keeps the browser from filling it in',
      '<input name="address" autocomplete="new-password"><input type="tel" name="phone" value="9261112233">',
      { phone: '9261112233' },
    ],
    [
      'an order whose tick box promises a password',
      '<input type="tel" name="phone" value="9261112233"><label><input type="checkbox" checked> I agree that an account is made for me, and a password sent (пароль)</label>',
      { phone: '9261112233' },
    ],
    [
      'a form that sells steam ovens',
      '<input type="tel" name="phone" value="9261112233"><select name="p"><option>Пароконвектомат</option></select>',
      { phone: '9261112233' },
    ],
  ])('is a lead when it is %s', async (_, fields, found) => {
    const { outside, visit, settle } = visitor
    const page = await visit('/', `<form>${fields}<button>Send</button></form>`)
    await page.evaluate(() => document.addEventListener('submit', (event) => event.preventDefault()))
    await outside.event('page')
    await submit(page)
    await settle(page)
    expect(leads()).toHaveLength(1)
    expect(leads()).toMatchObject([{ form: { fields: found } }])
    expect(outside.refused).toEqual([])
  })

  test.each([
    ['a search', '<input type="search" name="q" value="flat in Tver">'],
    ['a sign-in by e-mail', '<input type="email" name="email" value="m@example.com"><input type="password" value="x">'],
    ['a sign-in by phone', '<input type="tel" name="login" value="+7 926 111-22-33"><input type="password" value="x">'],
    [
      'a sign-in whose password is shown',
      '<input type="email" name="email" value="m@example.com"><input type="text" name="password" value="x">',
    ],
    [
      'a sign-in whose password is shown and only says what a browser may fill in',
      '<input type="email" name="email" value="m@example.com"><input type="text" autocomplete="current-password" value="x">',
    ],
    [
      'a sign-in whose password is shown and only called so',
      '<input type="email" value="m@example.com"><label>Пароль <input name="p1" value="x"></label>',
    ],
    [
      'a sign-in whose password is shown by a tick box, and called nothing',
      '<input type="tel" value="89261112233"><input name="pwd" value="x"><label><input type="checkbox" checked> Показать пароль</label>',
    ],
    ['a filter with phone-like prices', '<input name="from" value="7 500 000"><input name="to" value="12 000 000">'],
    [
      'a number of a paper',
      '<input type="tel" name="passport" value="4509123456"><input type="tel" name="snils" value="11223344595">',
    ],
    ['a payment', '<input type="tel" name="number" value="4111 1111 1111 1111"><input name="exp" value="12/27">'],
    [
      'a card in four fields',
      '<input type="tel" value="4111"><input type="tel" value="1111"><input type="tel" value="1111"><input type="tel" value="1111">',
    ],
    [
      'a delivery address',
      '<input name="city" value="Тверь"><input name="index" value="170100"><input name="house" value="12">',
    ],
    [
      'a comment in WordPress',
      '<span id="commentform"><input name="author" value="Мария"><input type="email" value="m@example.com"></span>',
    ],
    ['an empty mask', '<input type="tel" name="phone" value="+7 (___) ___-__-__">'],
    ['a half-filled mask', '<input type="tel" name="phone" value="+7 (926) 111-2_-__">'],
    [
      'a survey with consent',
      '<label><input type="checkbox" checked> Имя и телефон</label><input name="age" value="30">',
    ],
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

describe('a form that a script of the page sends', () => {
  const prevent = () =>
    document.addEventListener('submit', (event) => {
      event.preventDefault()
      event.stopImmediatePropagation()
      ;(event.target as HTMLFormElement).reset()
    })

  test('is a lead with what was typed, though the script empties it and lets nobody else hear of it', async () => {
    const { outside, context, visit, settle } = visitor
    await context.addInitScript(prevent)
    const page = await visit('/', '<form><input type="tel" name="phone" required><button>Send</button></form>')
    await outside.event('page')
    await fill(page, { phone: '8 926 111-22-33' })
    await page.locator('button').dblclick()
    await settle(page)
    expect(leads()).toMatchObject([{ form: { fields: { phone: '8 926 111-22-33' } } }])
  })

  test('is no lead while a field is wrong, and one when it was put right', async () => {
    const { outside, context, visit, settle } = visitor
    await context.addInitScript(() => document.addEventListener('submit', (event) => event.preventDefault()))
    const page = await visit(
      '/',
      '<form novalidate><input type="tel" name="phone"><input name="consent" required><button>Send</button></form>',
    )
    await outside.event('page')
    await fill(page, { phone: '8 926 111-22-33' })
    await submit(page)
    await settle(page)
    expect(leads()).toEqual([])
    await fill(page, { phone: '8 926 111-22-34', consent: 'yes' })
    await submit(page)
    await settle(page)
    expect(leads()).toMatchObject([{ form: { fields: { phone: '8 926 111-22-34' } } }])
  })

  test('is one lead when its button sends it and lets no submit come', async () => {
    const { outside, visit, settle } = visitor
    const page = await visit(
      '/',
      `<form id="ajax"><input type="tel" name="phone" required><button><b>Send</b></button></form><script>
        document.querySelector('button').addEventListener('click', (event) => {
          event.preventDefault()
          fetch('/lead', { method: 'POST', body: document.querySelector('input').value })
          document.querySelector('form').reset()
        })</script>`,
    )
    await outside.event('page')
    await page.locator('b').click()
    await settle(page)
    expect(leads()).toEqual([])
    await fill(page, { phone: '8 926 111-22-33' })
    await page.locator('b').click()
    await fill(page, { phone: '8 926 111-22-33' })
    await page.locator('b').click()
    await settle(page)
    expect(leads()).toMatchObject([{ form: { id: 'ajax', fields: { phone: '8 926 111-22-33' } } }])
    expect(leads()).toHaveLength(1)
    expect(outside.posted).toContain('8 926 111-22-33')
  })

  test.each([
    ['a button that submits nothing', '<button type="button" id="send">Send</button>'],
    ['an input', '<input type="button" id="send" value="Send">'],
    ['what is called a button', '<span role="button" id="send">Send</span>'],
    ['a piece of the page that looks like one', '<div class="form__btn form__btn_big" id="send">Send</div>'],
    ['a link that looks like one', '<a class="btn" href="#" id="send"><b>Send</b></a>'],
    ['the second of two submit buttons', '<button>Back</button><button id="send">Send</button>'],
  ])('is one lead when %s sends it, and no submit comes', async (_, button) => {
    const { outside, visit, settle } = visitor
    const page = await visit(
      '/',
      `<form id="ajax"><input type="tel" name="phone" required>${button}</form><p><a href="/policy">Policy</a></p><script>
        document.querySelector('#send').addEventListener('click', (event) => {
          event.preventDefault()
          fetch('/lead', { method: 'POST', body: document.querySelector('input').value })
        })</script>`,
    )
    await outside.event('page')
    await page.locator('#send').click()
    await settle(page)
    expect(leads()).toEqual([])
    await fill(page, { phone: '8 926 111-22-33' })
    for (let times = 0; times < 2; times++) await page.locator('#send').click()
    await settle(page)
    expect(leads()).toMatchObject([{ form: { id: 'ajax', fields: { phone: '8 926 111-22-33' } } }])
    expect(leads()).toHaveLength(1)
    expect(outside.posted).toContain('8 926 111-22-33')
  })

  test.each([
    ['the button that goes back', '<button type="button" id="other">Back</button><button>Send</button>'],
    [
      'the button that asks for a code',
      '<button id="other">Send me a code</button><input name="code"><button>Send</button>',
    ],
    ['the cross that closes it', '<span role="button" id="other">×</span><div class="btn">Send</div>'],
    ['a link below it', '<button type="button">Send</button><a id="other" href="#policy">Policy</a>'],
    ['the field', '<b id="other">Phone</b><button type="button">Send</button>'],
    ['the last button while a field is wrong', '<input required><button type="button" id="other">Send</button>'],
  ])('is no lead by a click on %s', async (_, buttons) => {
    const { outside, visit, settle } = visitor
    const page = await visit('/', `<form><input type="tel" value="89261112233">${buttons}</form>`)
    await page.evaluate(() => addEventListener('click', (event) => event.preventDefault()))
    await outside.event('page')
    await page.locator('#other').click()
    await settle(page)
    expect(outside.events.map(({ type }) => type)).toEqual(['page', 'custom'])
  })

  test('is one lead inside an open shadow root too, when it has no submit button', async () => {
    const { outside, visit, settle } = visitor
    const page = await visit('/', '<div id="host"></div>')
    await page.evaluate(() => {
      const root = (document.querySelector('#host') as Element).attachShadow({ mode: 'open' })
      root.innerHTML = '<form id="inner"><input type="tel" name="phone"><button type="button">Send</button></form>'
    })
    await outside.event('page')
    await fill(page, { phone: '8 926 111-22-33' })
    await submit(page)
    await settle(page)
    expect(leads()).toMatchObject([{ form: { id: 'inner', fields: { phone: '8 926 111-22-33' } } }])
  })

  test('is one lead also inside an open shadow root, out of which no submit comes', async () => {
    const { outside, visit, settle } = visitor
    const page = await visit('/', '<div id="host"></div>')
    await page.evaluate(() => {
      const root = (document.querySelector('#host') as Element).attachShadow({ mode: 'open' })
      root.innerHTML = '<form id="inner"><input type="tel" name="phone"><button>Send</button></form>'
      root.addEventListener('submit', (event) => event.preventDefault())
    })
    await outside.event('page')
    await fill(page, { phone: '8 926 111-22-33' })
    await submit(page)
    await submit(page)
    await settle(page)
    expect(leads()).toMatchObject([{ form: { id: 'inner', fields: { phone: '8 926 111-22-33' } } }])
    expect(leads()).toHaveLength(1)
  })

  test('is a lead of its own within another form that is not filled in', async () => {
    const { outside, context, visit, settle } = visitor
    // At the window, on the way down: out of a form within a form no submit bubbles in Chrome.
    await context.addInitScript(() => addEventListener('submit', (event) => event.preventDefault(), true))
    const page = await visit('/', '<form id="outer"><input required name="address"><div id="place"></div></form>')
    await outside.event('page')
    // A parser makes no such thing, frameworks do.
    await page.evaluate(() => {
      const inner = document.createElement('form')
      inner.id = 'inner'
      inner.innerHTML = '<input type="tel" value="89261112233"><button>Call me</button>'
      document.querySelector('#place')?.append(inner)
    })
    await page.getByText('Call me').click()
    await settle(page)
    expect(leads()).toMatchObject([{ form: { id: 'inner', fields: { phone: '89261112233' } } }])
  })

  test('is another lead than another form with the same contact', async () => {
    const { outside, context, visit, settle } = visitor
    await context.addInitScript(() => document.addEventListener('submit', (event) => event.preventDefault()))
    const form = (id: string) => `<form id="${id}"><input type="tel" value="89261112233"><button>${id}</button></form>`
    const page = await visit('/', form('callback') + form('order'))
    await outside.event('page')
    for (const id of ['callback', 'order', 'callback']) await page.locator(`#${id} button`).click()
    await settle(page)
    expect(leads()).toMatchObject([{ form: { id: 'callback' } }, { form: { id: 'order' } }])
  })

  test('goes its way at once when the service hangs', async () => {
    const { outside, visit } = visitor
    outside.put('/thanks', pageOf('', '<h1>Thanks</h1>'))
    const page = await visit(
      '/',
      '<form method="post" action="/thanks"><input type="tel" value="89261112233"><button>Send</button></form>',
    )
    await outside.event('page')
    outside.mood = 'hangs'
    await submit(page)
    await page.getByText('Thanks').waitFor({ timeout: 5_000 })
    expect(outside.posted).toHaveLength(1)
  })
})
