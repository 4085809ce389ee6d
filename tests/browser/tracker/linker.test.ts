import type { Page } from 'playwright-core'
import { beforeEach, describe, expect, test } from 'vitest'
import { pageOf, visiting } from './visiting.ts'

const visitor = visiting()

const other = () => visitor.outside.site.replace('www.shop.test', 'shop.other.test')
/** An address as it stood when the page loaded, and as it stands now. */
const addresses = (page: Page) =>
  page.evaluate(() => [performance.getEntriesByType('navigation')[0]?.name as string, location.href])
const arrived = () => visitor.outside.event('page', ({ origin }) => origin === other())

beforeEach(() => {
  const { outside } = visitor
  outside.settings.linked = '^(?!.*(\\.(other\\.test|shop\\.test))>.*\\1$).*\\.(other\\.test|shop\\.test)$'
  outside.put('/to', pageOf(outside.snippet, '<h1>Other</h1>'))
})

/** Comes to the first domain, follows what `body` holds, and gives the page on the other domain. */
async function follow(body: string, act: (page: Page) => Promise<unknown>): Promise<Page> {
  const { outside, visit, context } = visitor
  const page = await visit('/', body)
  await outside.event('page')
  await act(page)
  const find = () => context.pages().find((each) => each.url().startsWith(other()))
  await expect.poll(find, { timeout: 15_000 }).toBeDefined()
  await arrived()
  return find() as Page
}

/** Opens the tab itself: one that the browser opens in the background does not always get to load in a test. */
async function middleClick(page: Page): Promise<void> {
  await page.evaluate(() => addEventListener('auxclick', (event) => event.preventDefault()))
  await page.click('a', { button: 'middle' })
  const address = await page.locator('a').evaluate((link: HTMLAnchorElement) => link.href)
  const there = await page.context().newPage()
  await there.goto(address)
}

describe('a visit goes on over the domains of its site', () => {
  const link = () => `<a href="${other()}/to">go</a>`
  const click = (page: Page) => page.click('a')
  const submit = (page: Page) => page.press('[name=q]', 'Enter')
  const toButton = () =>
    `<form action="/here"><input name="q" value="1"><button formaction="${other()}/to">go</button></form>`

  test.each<[string, () => string, (page: Page) => Promise<unknown>, string]>([
    ['a link', link, click, '/to'],
    ['a link with a query', () => link().replace('/to', '/to?a=1&amp;b=%20'), click, '/to?a=1&b=%20'],
    ['a link with a mark', () => link().replace('/to', '/to#prices'), click, '/to#prices'],
    ['a link with both', () => link().replace('/to', '/to?a=1#prices'), click, '/to?a=1#prices'],
    ['a link in a window of its own', () => link().replace('<a', '<a target="_blank" rel="noreferrer"'), click, '/to'],
    ['a middle click', link, middleClick, '/to'],
    ['the keyboard', link, (page) => page.press('a', 'Enter'), '/to'],
    ['a picture in a link', () => link().replace('go', '<b><i>go</i></b>'), (page) => page.click('i'), '/to'],
    [
      'a link in a drawing',
      () => `<svg width="99" height="99"><a href="${other()}/to"><rect width="99" height="99"/></a></svg>`,
      (page) => page.click('rect'),
      '/to',
    ],
    [
      'a link in a shadow root',
      () => `<div id="host"><template shadowrootmode="open">${link()}</template></div>`,
      (page) => page.click('a'),
      '/to',
    ],
    [
      'a link around a shadow root',
      () => `${link().replace('go', '<span><template shadowrootmode="open"><b>go</b></template></span>')}`,
      (page) => page.click('b'),
      '/to',
    ],
    [
      'a link that came later',
      () => '<p></p>',
      async (page) => {
        await page.evaluate((html) => document.querySelector('p')?.insertAdjacentHTML('afterbegin', html), link())
        await page.click('a')
      },
      '/to',
    ],
    ['a form', () => `<form action="${other()}/to"><input name="q" value="1"></form>`, submit, '/to?q=1'],
    ['a button with an address of its own', toButton, (page) => page.click('button'), '/to?q=1'],
    ['such a button, and the keyboard', toButton, submit, '/to?q=1'],
    [
      'a form that posts',
      () => `<form method="post" action="${other()}/to"><input name="q" value="1"></form>`,
      submit,
      '/to',
    ],
  ])('by %s', async (_, body, act, path) => {
    const { outside, context } = visitor
    const page = await follow(body(), act)
    const [first, second] = [await outside.event('page'), await arrived()]
    expect([second.visitor, second.session]).toEqual([first.visitor, first.session])
    expect(second.url).toBe(`${other()}${path}`)
    const [loaded, now] = await addresses(page)
    expect(now).toBe(`${other()}${path}`)
    expect(loaded === now || loaded?.includes(`tl=${first.visitor}`)).toBe(true)
    const own = await context.cookies(other())
    expect(own.find(({ name }) => name === 'tl_visitor')).toMatchObject({ value: first.visitor, domain: '.other.test' })
    expect(outside.posted).toEqual(body().includes('post') ? ['q=1'] : [])
    expect(visitor.complaints).toEqual([])
  })

  test('and one who is known on both stays known, in a session that names both', async () => {
    const { outside, context } = visitor
    const before = await context.newPage()
    await before.goto(`${other()}/to`)
    const known = await arrived()
    outside.events.length = 0
    await follow(link(), click)
    const [first, second] = [await outside.event('page'), await arrived()]
    expect(second.visitor).toBe(known.visitor)
    expect(first.visitor).not.toBe(known.visitor)
    expect(second.session).toBe(first.session)
  })

  test('also when consent is asked for on the other, and long in coming', async () => {
    const { outside } = visitor
    outside.settings.consent = 'wait'
    const page = await visitor.visit('/', link())
    await page.evaluate(() => Reflect.get(window, 'throughline')('consent', true))
    const first = await outside.event('page')
    await page.clock.install()
    await page.click('a')
    await page.waitForURL(`${other()}/to`)
    await page.clock.fastForward(10 * 60_000)
    expect(await visitor.context.cookies(other())).toEqual([])
    await page.evaluate(() => Reflect.get(window, 'throughline')('consent', true))
    await page.clock.runFor(1000)
    const second = await arrived()
    expect([second.visitor, second.session]).toEqual([first.visitor, first.session])
  })
})

describe('an address that is passed on makes nobody one', () => {
  const stamped = async (): Promise<string> => {
    const page = await visitor.visit('/', `<a href="${other()}/to?a=1" onclick="return false">go</a>`)
    await visitor.outside.event('page')
    await page.click('a')
    return page.getAttribute('a', 'href') as Promise<string>
  }

  test('two minutes later', async () => {
    const { outside, context } = visitor
    const address = await stamped()
    const page = await context.newPage()
    await page.clock.install({ time: Date.now() + 121_000 })
    await page.goto(address)
    await page.clock.runFor(1000)
    expect((await arrived()).visitor).not.toBe((await outside.event('page')).visitor)
    expect(page.url()).toBe(`${other()}/to?a=1`)
  })

  test.each([
    ['?&tl=STAMP&lang=ru#prices', '?&lang=ru#prices'],
    ['?a=1&tl=STAMP&lang=ru#prices', '?a=1&lang=ru#prices'],
    ['?&tl=STAMP#prices', '#prices'],
    ['?lang=ru#&tl=STAMP', '?lang=ru'],
    ['#&tl=STAMP&x=1', '#&x=1'],
  ])('and what redirects and other scripts put around a stamp stays: %s', async (search, left) => {
    const { context } = visitor
    const page = await context.newPage()
    await page.goto(`${other()}/to${search.replace('STAMP', `1.2-0.${Date.now()}`)}`)
    const { url, visitor: brought } = await arrived()
    expect([url, brought]).toEqual([`${other()}/to${left}`, '1'])
  })

  test.each([
    ['visitor', `${'7'.repeat(129)}.2-0`],
    ['session', `1.${'7'.repeat(129)}`],
  ])('nor one that no event could bear, for its %s is too long', async (_, ids) => {
    const { outside, context } = visitor
    const page = await context.newPage()
    await page.goto(`${other()}/to#&tl=${ids}.${Date.now()}`)
    const { visitor: own, session } = await arrived()
    expect(`${own}.${session}`).not.toContain('7'.repeat(100))
    expect(outside.refused).toEqual([])
  })

  test.each(['soon', '9'.repeat(30), `1${'0'.repeat(30)}`])('nor one whose time is none: %s', async (time) => {
    const page = await visitor.context.newPage()
    await page.goto(`${other()}/to#&tl=666.777-0.${time}`)
    const { visitor: own, session } = await arrived()
    expect([own, session]).not.toEqual(['666', '777-0'])
    expect(own).not.toBe('666')
  })

  test('and a link that is clicked again gets a stamp of that moment in place of the old one', async () => {
    const { outside, visit } = visitor
    const page = await visit('/', `<a href="${other()}/to" onclick="return false">go</a>`)
    await outside.event('page')
    await page.click('a')
    const first = await page.getAttribute('a', 'href')
    await page.waitForFunction((then) => Date.now() > then, Date.now() + 1)
    await page.click('a')
    const second = await page.getAttribute('a', 'href')
    expect(second).not.toBe(first)
    expect(second?.match(/tl=/g)).toHaveLength(1)
  })
})

describe('left as it is', () => {
  test.each([
    ['a link to strangers', 'http://stranger.test/'],
    ['a host that only ends alike', 'http://another.test/'],
    ['a link within the site', '/here'],
    ['a link to a subdomain', 'http://spb.shop.test/'],
    ['a phone', 'tel:+74950000000'],
    ['an address', 'mailto:info@other.test'],
    ['a script', 'javascript:void 0'],
    ['no address', 'http://'],
  ])('is %s', async (_, href) => {
    const { outside, visit } = visitor
    outside.settings.replaces = []
    const page = await visit(
      '/',
      `<a href="${href}">go</a><script>addEventListener('click', (e) => e.preventDefault())</script>`,
    )
    await outside.event('page')
    await page.click('a')
    expect(await page.getAttribute('a', 'href')).toBe(href)
    expect(visitor.complaints).toEqual([])
  })

  test('is a link under the right button', async () => {
    const { outside, visit } = visitor
    const href = `${other()}/to`
    const page = await visit('/', `<a href="${href}">go</a>`)
    await outside.event('page')
    await page.click('a', { button: 'right' })
    expect(await page.getAttribute('a', 'href')).toBe(href)
    await page.evaluate(() => addEventListener('auxclick', (event) => event.preventDefault()))
    await page.click('a', { button: 'middle' })
    expect(await page.getAttribute('a', 'href')).toContain('tl=')
  })

  test('is a link after a no', async () => {
    const { outside, visit } = visitor
    const href = `${other()}/to`
    const page = await visit('/', `<a href="${href}" onclick="return false">go</a>`)
    await outside.event('page')
    await page.evaluate(() => Reflect.get(window, 'throughline')('consent', false))
    await page.click('a')
    expect(await page.getAttribute('a', 'href')).toBe(href)
  })
})
