import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { pageOf, visiting } from './visiting.ts'

const visitor = visiting()

const say = (page: Page, isGiven: boolean) =>
  page.evaluate((isGiven) => Reflect.get(window, 'throughline')('consent', isGiven), isGiven)
const kept = (page: Page) => page.evaluate(() => Object.keys(localStorage))
const cookies = async () =>
  (await visitor.context.cookies()).map(({ name, value }) => (name === 'tl_consent' ? `${name}=${value}` : name)).sort()
const NO = ['tl_consent=0']
const YES = ['tl_consent=1', 'tl_session', 'tl_visitor']

/** Does on a page all that would send or store something, were it allowed. */
async function live(page: Page): Promise<void> {
  await page.evaluate(() => {
    const throughline = Reflect.get(window, 'throughline')
    throughline('event', 'silent')
    throughline('identify', { phone: '+79161234567' })
    throughline('page')
    const { pathname } = location
    for (const path of ['/pushed', pathname]) history.pushState({}, '', path)
  })
  await page.mouse.move(7, 7)
  await page.reload()
  await page.waitForFunction(() => Reflect.get(window, 'throughline')?.on)
  await page.mouse.move(9, 9)
}

describe('a site that waits for consent', () => {
  test('stores and sends nothing before it, and everything after it', async () => {
    const { outside, visit, context } = visitor
    outside.settings.consent = 'wait'
    const page = await visit('/?gclid=7', '<a id="call" href="tel:+74950000000">+7 495 000-00-00</a>')
    await page.waitForLoadState('load')
    await page.evaluate(() => Reflect.get(window, 'throughline')('event', 'early'))
    await page.mouse.move(5, 5)
    expect(await context.cookies()).toEqual([])
    expect(await kept(page)).toEqual([])
    expect(outside.requests).toEqual([])

    await say(page, true)
    expect((await outside.event('page')).url).toContain('gclid=7')
    expect(await outside.event('custom')).toMatchObject({ name: 'early' })
    expect(await cookies()).toEqual(YES)
  })

  test.each(['denied', 'granted', 'false', '0', {}, undefined])('takes %j for no yes', async (said) => {
    const { outside, visit, context } = visitor
    outside.settings.consent = 'wait'
    const page = await visit('/')
    await page.evaluate((said) => Reflect.get(window, 'throughline')('consent', said), said)
    await page.mouse.move(5, 5)
    expect((await context.cookies()).map(({ value }) => value)).toEqual(['0'])
    expect(outside.requests).toEqual([])
  })

  test('remembers a yes on the next page and on a subdomain', async () => {
    const { outside, visit, context } = visitor
    outside.settings.consent = 'wait'
    await say(await visit('/'), true)
    const first = await outside.event('page')
    const sub = await context.newPage()
    await sub.goto(`${outside.site.replace('www.', 'spb.')}/`)
    const second = await outside.event('page', ({ origin }) => origin.includes('spb.'))
    expect(second.visitor).toBe(first.visitor)
  })

  test('does not take a cookie from the days before for a yes', async () => {
    const { outside, visit } = visitor
    await visit('/')
    await outside.event('page')
    outside.settings.consent = 'wait'
    const page = await visit('/next')
    await page.mouse.move(5, 5)
    await say(page, true)
    await outside.event('page', ({ url }) => String(url).endsWith('/next'))
    expect(outside.events.filter(({ type }) => type === 'page')).toHaveLength(2)
  })

  test('forgets what was called before a no, also when a yes follows', async () => {
    const { outside, visit, settle } = visitor
    outside.settings.consent = 'wait'
    const page = await visit('/')
    await page.evaluate(() => Reflect.get(window, 'throughline')('event', 'before the no'))
    await say(page, false)
    await page.evaluate(() => Reflect.get(window, 'throughline')('event', 'after the no'))
    await say(page, true)
    await settle(page)
    expect(outside.events.filter((event) => 'name' in event && event.name?.includes('the no'))).toEqual([])
  })
})

describe('a no', () => {
  test('ends everything at once, and leaves itself and nothing else behind', async () => {
    const { outside, visit } = visitor
    const page = await visit('/', '<a href="tel:+74950000000">+7 495 000-00-00</a>')
    await page.getByText('+7 495 123-45-67').waitFor()
    await page.evaluate(() => localStorage.setItem('tlc', 'of the site'))
    expect(await cookies()).toEqual(['tl_session', 'tl_visitor'])
    await say(page, false)
    expect(await cookies()).toEqual(NO)
    expect(await kept(page)).toEqual(['tlc'])

    const sent = outside.requests.length
    await live(page)
    await live(await visit('/next'))
    expect(outside.requests).toHaveLength(sent)
    expect(await cookies()).toEqual(NO)
    expect(await kept(page)).toEqual(['tlc'])
  })

  test('in one tab is heard in the others, and on subdomains', async () => {
    const { outside, visit, context } = visitor
    const page = await visit('/')
    await outside.event('page')
    const sub = await context.newPage()
    await sub.goto(`${outside.site.replace('www.', 'spb.')}/`)
    await outside.event('page', ({ origin }) => origin.includes('spb.'))
    await say(page, false)
    const sent = outside.requests.length
    await live(sub)
    expect(outside.requests).toHaveLength(sent)
    expect(await cookies()).toEqual(NO)
    expect(await kept(sub)).toEqual([])
  })

  test('is cleaned up after, when an answer that was under way set the cookie once more', async () => {
    const { visit, context } = visitor
    await say(await visit('/'), false)
    await context.addCookies([{ name: 'tl_visitor', value: '1', domain: '.shop.test', path: '/' }])
    const page = await visit('/next')
    await page.waitForFunction(() => !document.cookie.includes('tl_visitor'))
    expect(await cookies()).toEqual(NO)
  })

  test('holds for the page where cookies are refused', async () => {
    const { outside, context, visit } = visitor
    await context.addInitScript(() => {
      Object.defineProperty(Document.prototype, 'cookie', { get: () => '', set: () => {} })
    })
    const page = await visit('/')
    await outside.event('page')
    await say(page, false)
    const sent = outside.requests.length
    await page.evaluate(() => Reflect.get(window, 'throughline')('event', 'silent'))
    await page.mouse.move(7, 7)
    await page.evaluate(() => history.pushState({}, '', '/pushed'))
    expect(outside.requests).toHaveLength(sent)
  })

  test('can be taken back', async () => {
    const { outside, visit, settle } = visitor
    const page = await visit('/')
    const first = await outside.event('page')
    await say(page, false)
    const next = await visit('/next')
    await say(next, true)
    const second = await outside.event('page', ({ url }) => String(url).endsWith('/next'))
    expect(second.visitor).not.toBe(first.visitor)
    await settle(next)
    expect(await cookies()).toEqual(YES)
  })
})

describe('a yes after a no on one page', () => {
  test('begins with that page and somebody new, and tells nothing of the time between', async () => {
    const { outside, visit, settle, context } = visitor
    outside.put('/from', `<meta charset="utf-8"><a href="/">go</a>`)
    const page = await context.newPage()
    outside.put('/', pageOf(outside.snippet, ''))
    await page.goto(`${outside.site}/from`)
    await page.click('a')
    const first = await outside.event('page')
    expect(first).toMatchObject({ referrer: `${outside.site}/from` })
    await say(page, false)
    const told = outside.events.length
    await page.evaluate(() => history.pushState({}, '', '/between'))
    await page.waitForFunction(() => new Promise((resolve) => setTimeout(() => resolve(true), 1200)))
    await page.evaluate(() => history.pushState({}, '', '/'))
    await say(page, true)
    await outside.waitFor('the page once more', () => outside.events.length > told)
    const [second] = outside.events.slice(told)
    expect(second).toMatchObject({ type: 'page', url: `${outside.site}/`, referrer: `${outside.site}/from` })
    expect(second?.visitor).not.toBe(first.visitor)
    expect(second?.session).not.toBe(first.session)
    await settle(page)
    expect(outside.events.slice(told).map(({ type }) => type)).toEqual(['page', 'custom'])
    expect(await cookies()).toEqual(YES)
    expect(
      (await visit('/')) && (await outside.event('page', ({ id }) => id !== first.id && id !== second?.id)).visitor,
    ).toBe(second?.visitor)
  })

  test('said again on each page counts no page twice', async () => {
    const { outside, visit, settle } = visitor
    const page = await visit('/')
    await outside.event('page')
    await say(page, true)
    await page.waitForFunction(() => new Promise((resolve) => setTimeout(() => resolve(true), 1200)))
    await settle(page)
    expect(outside.events.map(({ type }) => type)).toEqual(['page', 'custom'])
  })
})

describe('what the browser says for its visitor', () => {
  const withSignal = (name: string, value: unknown) =>
    visitor.context.addInitScript(
      ([name, value]) => Object.defineProperty(Navigator.prototype, name as string, { get: () => value }),
      [name, value],
    )

  test.each([
    ['globalPrivacyControl', true],
    ['doNotTrack', '1'],
  ] as const)('(%s) is a no where the site listens to it, until the visitor says yes', async (name, value) => {
    const { outside, visit } = visitor
    outside.settings.signals = ['globalPrivacyControl', 'doNotTrack']
    await withSignal(name, value)
    const page = await visit('/')
    await live(page)
    expect(await cookies()).toEqual([])
    expect(await kept(page)).toEqual([])
    expect(outside.requests).toEqual([])

    await say(page, true)
    await outside.event('page')
    await visit('/next')
    await outside.event('page', ({ url }) => String(url).endsWith('/next'))
    expect(await cookies()).toEqual(YES)
  })

  test.each([
    ['globalPrivacyControl', true, []],
    ['globalPrivacyControl', false, ['globalPrivacyControl', 'doNotTrack']],
    ['doNotTrack', 'unspecified', ['globalPrivacyControl', 'doNotTrack']],
    ['doNotTrack', '0', ['doNotTrack']],
    ['doNotTrack', '1', ['globalPrivacyControl']],
  ] as const)('(%s = %s) is no no where the site listens to %j', async (name, value, signals) => {
    const { outside, visit } = visitor
    outside.settings.signals = [...signals]
    await withSignal(name, value)
    await visit('/')
    await outside.event('page')
  })
})

describe('mode cookieless', () => {
  test('stores nothing on the device', async () => {
    const { outside, visit, settle, context } = visitor
    outside.settings.consent = 'cookieless'
    outside.snippet = outside.snippet.replace('stats.test', 'stats.shop.test')
    const page = await visit('/')
    const first = await outside.event('page')
    await settle(page)
    expect((await outside.event('custom')).visitor).toBe(first.visitor)
    expect(outside.cookies).toEqual([])
    expect(await context.cookies()).toEqual([])
    expect(await kept(page)).toEqual([])
  })

  test('becomes a visit with cookies after a yes, on this page and the next', async () => {
    const { outside, visit, settle } = visitor
    outside.settings.consent = 'cookieless'
    const page = await visit('/')
    const first = await outside.event('page')
    await say(page, true)
    await settle(page)
    expect(await cookies()).toEqual(YES)
    await visit('/next')
    const second = await outside.event('page', ({ url }) => String(url).endsWith('/next'))
    expect([second.visitor, second.session]).toEqual([first.visitor, first.session])
  })

  test('falls silent after a no, and remembers it', async () => {
    const { outside, visit } = visitor
    outside.settings.consent = 'cookieless'
    const page = await visit('/')
    await outside.event('page')
    await say(page, false)
    const sent = outside.requests.length
    await live(page)
    expect(outside.requests).toHaveLength(sent)
    expect(await cookies()).toEqual(NO)
  })
})

test('a frame that may keep nothing is one visitor in one session for as long as it lives', async () => {
  const { outside, context } = visitor
  outside.put('/inner', pageOf(outside.snippet, '<h1>Inner</h1>'))
  outside.put('/', `<!doctype html><title>Outer</title><iframe sandbox="allow-scripts" src="/inner"></iframe>`)
  const page = await context.newPage()
  await page.goto(`${outside.site}/`)
  const first = await outside.event('page')
  const [, frame] = page.frames()
  await frame?.evaluate(() => Reflect.get(window, 'throughline')('event', 'inside'))
  const second = await outside.event('custom')
  expect([second.visitor, second.session]).toEqual([first.visitor, first.session])
  expect(await context.cookies()).toEqual([])
  expect(visitor.complaints).toEqual([])
})

describe('the recipes of docs/consent.md', () => {
  const text = readFileSync('docs/consent.md', 'utf8')
  const recipes = [...text.matchAll(/^\*\*([^,*(]+)[\s\S]*?```html\n([\s\S]*?)```/gm)].map(
    ([, name = '', html = '']) => [name.trim(), html] as const,
  )
  const stub = text.match(/^<script>window\.throughline=.*$/m)?.[0] ?? ''
  /** What each banner does when its visitor says yes, and no. */
  const banners: Record<string, [yes: string, no: string | undefined]> = {
    Tilda: [`document.querySelector('.t972__accept-btn b').click()`, undefined],
    Cookiebot: [
      `Cookiebot = { consent: { statistics: true } }; dispatchEvent(new Event('CookiebotOnAccept'))`,
      `Cookiebot = { consent: { statistics: false } }; dispatchEvent(new Event('CookiebotOnDecline'))`,
    ],
    OneTrust: [
      `OneTrust = { IsAlertBoxClosed: () => true }; OnetrustActiveGroups = ',C0001,C0002,';
       dispatchEvent(new CustomEvent('OneTrustGroupsUpdated'))`,
      `OnetrustActiveGroups = ',C0001,'; dispatchEvent(new CustomEvent('OneTrustGroupsUpdated'))`,
    ],
    CookieYes: [
      `document.dispatchEvent(new CustomEvent('cookieyes_consent_update', { detail: { accepted: ['analytics'] } }))`,
      `document.dispatchEvent(new CustomEvent('cookieyes_consent_update', { detail: { accepted: ['necessary'] } }))`,
    ],
    Complianz: [
      `cmplz_has_consent = () => true; document.dispatchEvent(new CustomEvent('cmplz_status_change'))`,
      `cmplz_has_consent = () => false; document.dispatchEvent(new CustomEvent('cmplz_status_change'))`,
    ],
    'Google Consent Mode': [
      `gtag = function () { dataLayer.push(arguments) }; gtag('consent', 'default', { analytics_storage: 'denied' });
       gtag('consent', 'update', { analytics_storage: 'granted' })`,
      `gtag('consent', 'update', { analytics_storage: 'denied' })`,
    ],
  }

  test('are those that are tried here', () => {
    expect(recipes.map(([name]) => name)).toEqual(Object.keys(banners))
  })

  test.each(recipes)('%s: a yes starts, a no stops', async (name, html) => {
    const { outside, context } = visitor
    const [yes, no] = banners[name] ?? ['', '']
    outside.settings.consent = 'wait'
    outside.put('/', pageOf(stub + outside.snippet + html, '<button class="t972__accept-btn"><b>OK</b></button>'))
    const page = await context.newPage()
    await page.goto(`${outside.site}/`)
    await page.waitForFunction(() => Reflect.get(window, 'throughline')?.on)
    expect(outside.requests).toEqual([])
    await page.evaluate(yes)
    await outside.event('page')
    expect(await cookies()).toEqual(YES)
    if (no === undefined) return
    await page.evaluate(no)
    expect(await cookies()).toEqual(NO)
  })
})
