import { describe, expect, test } from 'vitest'
import { pageOf, visiting } from './visiting.ts'

const visitor = visiting()

const kept = () => Object.keys(localStorage).filter((key) => key.startsWith('tl_unsent_'))

describe('when the service is away', () => {
  test.each(['down', 'busy'] as const)('(%s) events wait for the next page, and arrive once', async (mood) => {
    const { outside, visit, settle } = visitor
    outside.mood = mood
    const page = await visit('/first?utm_source=a')
    await page.waitForFunction(kept)
    await page.evaluate(() => Reflect.get(window, 'throughline')('event', 'offline'))
    await page.waitForFunction(
      () => Object.keys(localStorage).filter((key) => key.startsWith('tl_unsent_')).length === 2,
    )
    expect(outside.events).toEqual([])

    outside.mood = 'up'
    const next = await visit('/second')
    const first = await outside.event('page', ({ url }) => String(url).includes('/first'))
    await outside.event('custom', (event) => 'name' in event && event.name === 'offline')
    const second = await outside.event('page', ({ url }) => String(url).endsWith('/second'))
    expect(second.session).toBe(first.session)
    expect(first.lease).toBe(false)
    await settle(next)
    expect(await next.evaluate(kept)).toEqual([])
    expect(outside.events).toHaveLength(4)
    expect(outside.refused).toEqual([])
    expect(visitor.complaints.filter((text) => !/Failed to load resource|ERR_/.test(text))).toEqual([])
  })

  test('and comes back, the page itself delivers what waited, numbers and all', async () => {
    const { outside, visit, settle } = visitor
    outside.mood = 'down'
    const page = await visit('/', '<main>8 495 000-00-00</main>')
    await page.waitForFunction(() => Object.keys(localStorage).some((key) => key.startsWith('tl_unsent_')))
    outside.mood = 'up'
    await settle(page)
    await outside.event('page')
    await page.getByText('8 495 123-45-67').waitFor()
  })

  test('its queue has an end', async () => {
    const { outside, visit } = visitor
    outside.mood = 'down'
    const page = await visit('/')
    await page.evaluate(() => {
      for (let at = 0; at < 100; at++) Reflect.get(window, 'throughline')('event', `e${at}`)
    })
    await page.waitForLoadState('networkidle')
    await page.goto('about:blank')
    outside.put('/look', pageOf('', ''))
    await page.goto(`${outside.site}/look`)
    expect((await page.evaluate(kept)).length).toBe(30)
  })

  test('what something else has left under its names costs neither the page nor what waits', async () => {
    const { outside, visit, settle } = visitor
    outside.mood = 'down'
    const page = await visit('/first')
    await page.waitForFunction(kept)
    await page.waitForFunction(() => Object.keys(localStorage).some((key) => key.startsWith('tl_unsent_')))
    await page.evaluate(() => {
      localStorage.setItem('tl_unsent_0', '{broken')
      localStorage.setItem('tl_unsent_1', 'null')
      localStorage.setItem('tl_unsent_2', '{}')
      localStorage.setItem('tl_numbers', '{"length":1}')
      localStorage.setItem('tl_visitor', 'no id; path=/; domain=evil.example')
    })
    await visitor.context.clearCookies()

    outside.mood = 'up'
    const next = await visit('/second')
    const second = await outside.event('page', ({ url }) => String(url).endsWith('/second'))
    expect(second.visitor).toMatch(/^[\w.:-]{10,128}$/)
    expect(await next.evaluate(() => localStorage.getItem('tl_visitor'))).toBe(second.visitor)
    await outside.event('page', ({ url }) => String(url).endsWith('/first'))
    await settle(next)
    expect(outside.refused).toEqual([])
  })

  test('nothing is tried twice that the service has refused for good', async () => {
    const { outside, visit, settle } = visitor
    const page = await visit('/')
    await outside.event('page')
    await page.evaluate(() => Reflect.get(window, 'throughline')('event', ''))
    await settle(page)
    expect(outside.refused).toHaveLength(1)
    expect(await page.evaluate(kept)).toEqual([])
  })
})

describe('when the page is left before the answer', () => {
  test('what is on its way is sent again by the next page, and counted once', async () => {
    const { outside, visit, settle } = visitor
    outside.mood = 'hangs'
    const page = await visit('/first')
    await outside.waitFor('the first request', () => outside.requests.length > 0)
    outside.mood = 'up'
    outside.put('/second', pageOf(outside.snippet, ''))
    await page.goto(`${outside.site}/second`)
    await outside.event('page', ({ url }) => String(url).endsWith('/first'))
    await settle(page)
    expect(outside.events.filter(({ type }) => type === 'page')).toHaveLength(2)
    expect(outside.repeats).toEqual([])
  })

  test('a slow service holds up neither the page nor a click', async () => {
    const { outside, visit } = visitor
    outside.mood = 'hangs'
    outside.put('/second', pageOf('', '<h1>Second</h1>'))
    const page = await visit('/', '<a href="/second">go</a>')
    await page.waitForLoadState('load')
    await page.getByText('go').click()
    await page.getByText('Second').waitFor()
  })
})

describe('the page around it', () => {
  test('needs one script and one connection in a strict policy', async () => {
    const { outside, context, settle } = visitor
    const { endpoint } = outside
    const policy = `default-src 'none'; img-src data:; script-src ${endpoint}; connect-src ${endpoint}; trusted-types 'none'; require-trusted-types-for 'script'`
    outside.put('/', pageOf(outside.snippet, '<a href="tel:+74950000000">8 495 000-00-00</a>'), {
      'content-security-policy': policy,
    })
    const page = await context.newPage()
    await page.goto(`${outside.site}/`)
    await page.getByText('8 495 123-45-67').waitFor()
    await settle(page)
    expect(visitor.complaints).toEqual([])
  })

  test('goes on when the policy forbids the connection', async () => {
    const { outside, context } = visitor
    const policy = `default-src 'none'; img-src data:; script-src ${outside.endpoint} 'unsafe-inline'`
    outside.put('/', pageOf(outside.snippet, '<p>8 495 000-00-00</p>'), { 'content-security-policy': policy })
    const errors: string[] = []
    const page = await context.newPage()
    page.on('pageerror', (error) => errors.push(String(error)))
    await page.goto(`${outside.site}/`)
    await page.waitForFunction(() => Object.keys(localStorage).some((key) => key.startsWith('tl_unsent_')))
    expect(outside.requests).toEqual([])
    expect(errors).toEqual([])
  })

  test('sees one new global and no other change', async () => {
    const { outside, context, settle } = visitor
    outside.put('/without', pageOf('', ''))
    outside.put('/with', pageOf(outside.snippet, ''))
    const page = await context.newPage()
    const globals = () => page.evaluate(() => Object.getOwnPropertyNames(window).filter((name) => !/^\d+$/.test(name)))
    await page.goto(`${outside.site}/without`)
    const before = new Set(await globals())
    await page.goto(`${outside.site}/with`)
    await outside.event('page')
    await settle(page)
    expect((await globals()).filter((name) => !before.has(name))).toEqual(['throughline'])
  })

  test('hears of no mistake, whatever it calls', async () => {
    const { outside, visit, settle } = visitor
    const page = await visit('/')
    await outside.event('page')
    const answers = await page.evaluate(() => {
      const throughline = Reflect.get(window, 'throughline')
      const loop: Record<string, unknown> = {}
      loop.self = loop
      return [
        throughline(),
        throughline('nonsense'),
        throughline('event', 'x', loop),
        throughline('getVisitor', 'not a function'),
      ]
    })
    expect(answers).toEqual([undefined, undefined, undefined, undefined])
    await settle(page)
    expect(visitor.complaints).toEqual([])
  })
})

describe('calls of the site’s own scripts', () => {
  test('made before the script came are not lost, and can ask for the visitor', async () => {
    const { outside, context } = visitor
    const stub = 'window.throughline=window.throughline||function(){(throughline.q=throughline.q||[]).push(arguments)};'
    const calls = `throughline('event','early',{plan:'A'});throughline('identify',{phone:'+79261112233',user:'u1'});throughline('getVisitor',function(id){window.told=id})`
    outside.put('/', pageOf(`<script>${stub}${calls}</script>${outside.snippet}`, ''))
    const page = await context.newPage()
    await page.goto(`${outside.site}/`)
    const seen = await outside.event('page')
    expect(await outside.event('custom')).toMatchObject({ name: 'early', props: '{"plan":"A"}' })
    expect(await outside.event('identify')).toMatchObject({ phone: '+79261112233', user: 'u1' })
    expect(await page.evaluate(() => Reflect.get(window, 'told'))).toBe(seen.visitor)
  })

  test('can count a page that no address shows', async () => {
    const { outside, visit } = visitor
    const page = await visit('/')
    await outside.event('page')
    await page.evaluate(() => Reflect.get(window, 'throughline')('page'))
    await outside.waitFor('two pages', () => outside.events.filter(({ type }) => type === 'page').length === 2)
  })
})
