import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { pageOf, stopClock, visiting } from './visiting.ts'

const visitor = visiting()

const KEPT_1 = () => Object.keys(localStorage).some((key) => key.startsWith('tl_unsent_'))
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
      for (let at = 0; at < 200; at++) Reflect.get(window, 'throughline')('event', `e${at}`)
    })
    await page.waitForLoadState('networkidle')
    await page.goto('about:blank')
    outside.put('/look', pageOf('', ''))
    await page.goto(`${outside.site}/look`)
    expect((await page.evaluate(kept)).length).toBe(100)
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
    expect(await next.evaluate(() => localStorage.getItem('tl_visitor')?.split(';')[0])).toBe(second.visitor)
    await outside.event('page', ({ url }) => String(url).endsWith('/first'))
    await settle(next)
    expect(outside.refused).toEqual([])
  })

  test('it is tried again after a second, and then less and less often', async () => {
    const { outside, context } = visitor
    outside.mood = 'busy'
    outside.put('/', pageOf(outside.snippet, ''))
    const page = await context.newPage()
    await stopClock(page)
    await page.goto(`${outside.site}/`)
    await page.clock.runFor(100)
    await page.waitForFunction(KEPT_1)
    const tried = async (seconds: number) => {
      await page.clock.runFor(seconds * 1000)
      return outside.requests.length
    }
    expect(await tried(0.9)).toBe(1)
    await page.clock.runFor(200)
    await outside.waitFor('the second try', () => outside.requests.length === 2)
    await page.waitForFunction(KEPT_1)
    expect(await tried(1.5)).toBe(2)
    outside.mood = 'up'
    await page.clock.runFor(600)
    await outside.event('page')
    expect(outside.requests).toHaveLength(3)
  })

  test('nothing is tried again after consent was taken back', async () => {
    const { outside, context } = visitor
    outside.mood = 'down'
    outside.put('/', pageOf(outside.snippet, ''))
    const page = await context.newPage()
    await stopClock(page)
    await page.goto(`${outside.site}/`)
    await page.clock.runFor(100)
    await page.waitForFunction(KEPT_1)
    await page.evaluate(() => Reflect.get(window, 'throughline')('consent', false))
    expect(await page.evaluate(kept)).toEqual([])
    outside.mood = 'up'
    const sent = outside.requests.length
    await page.clock.runFor(900_000)
    await page.evaluate(() => dispatchEvent(new Event('online')))
    await page.goto('about:blank')
    expect(outside.requests).toHaveLength(sent)
  })

  test('nothing is tried twice that the service has refused for good', async () => {
    const { outside, visit, settle } = visitor
    const page = await visit('/')
    await outside.event('page')
    await page.evaluate(() => Reflect.get(window, 'throughline')('event', 'too long', { props: 'x'.repeat(9000) }))
    await settle(page)
    expect(outside.refused).toHaveLength(1)
    expect(await page.evaluate(kept)).toEqual([])
  })
})

describe('a browser that is offline', () => {
  test('sends what waited as soon as it is online again', async () => {
    const { outside, context, visit } = visitor
    const page = await visit('/')
    await outside.event('page')
    await stopClock(page)
    await context.setOffline(true)
    await page.evaluate(() => Reflect.get(window, 'throughline')('event', 'offline'))
    await page.waitForFunction(KEPT_1)
    expect(outside.requests).toHaveLength(1)
    // The page's clock stands still: only the event can have woken it.
    await context.setOffline(false)
    await outside.event('custom', (event) => 'name' in event && event.name === 'offline')
    await page.waitForFunction(() => !Object.keys(localStorage).some((key) => key.startsWith('tl_unsent_')))
    expect(outside.repeats).toEqual([])
  })
})

describe('many forms', () => {
  const form = `<form><input name="phone"><textarea name="wish"></textarea><button>Send</button></form>
    <script>document.addEventListener('submit', (event) => event.preventDefault())</script>`

  const submitAll = (page: Page, forms: number, wish_chars: number) =>
    page.evaluate(
      ([forms, wish_chars]) => {
        const [phone, wish] = document.querySelectorAll<HTMLInputElement>('input,textarea')
        for (let at = 0; at < forms; at++) {
          if (phone) phone.value = `+7 926 111-${10 + Math.floor(at / 100)}-${String(at % 100).padStart(2, '0')}`
          if (wish) wish.value = 'ж'.repeat(wish_chars)
          document.querySelector('button')?.click()
        }
      },
      [forms, wish_chars] as const,
    )
  const phones = () =>
    new Set(visitor.outside.events.map((event) => 'form' in event && JSON.stringify(event.form)).filter(Boolean))

  test.each(['up', 'down', 'busy'] as const)(
    'sixty of one page in a moment (%s) all arrive, each once',
    async (mood) => {
      const { outside, visit } = visitor
      outside.settings.kept = '^wish$'
      const page = await visit('/', form)
      await outside.event('page')
      outside.mood = mood
      // Together far over what a page may have on its way with keepalive.
      await submitAll(page, 60, 500)
      if (mood !== 'up')
        await page.waitForFunction(
          () => Object.keys(localStorage).filter((key) => key.startsWith('tl_unsent_')).length === 60,
        )
      outside.mood = 'up'
      await outside.waitFor('all forms', () => phones().size === 60)
      expect(outside.events.filter(({ type }) => type === 'form')).toHaveLength(60)
      expect(outside.refused).toEqual([])
    },
  )

  test('one that is larger than keepalive allows arrives as well', async () => {
    const { outside, visit } = visitor
    const names = Array.from({ length: 100 }, (_, at) => `field${at}`)
    outside.settings.kept = '.'
    const fields = names.map((name) => `<input name="${name}" value="${'ж'.repeat(500)}">`).join('')
    const page = await visit('/', form.replace('<button>', `${fields}<button>`))
    await outside.event('page')
    await submitAll(page, 1, 1)
    const sent = await outside.event('form')
    expect(JSON.stringify(sent).length).toBeGreaterThan(50_000)
    expect(outside.requests).toHaveLength(2)
  })
})

describe('a fact that something on the way refuses for ever', () => {
  test('holds up none of the others that wait', async () => {
    const { outside, context, visit } = visitor
    await context.route('**/v1/events', (route) =>
      route.request().postData()?.includes('refused') ? route.abort() : route.continue(),
    )
    const page = await visit('/')
    await outside.event('page')
    outside.mood = 'down'
    // The keys of a storage have an order of their own, so one of these comes before some of the others.
    await page.evaluate(() => {
      for (const name of ['a', 'b', 'c', 'refused 1', 'refused 2', 'refused 3'])
        Reflect.get(window, 'throughline')('event', name)
    })
    await page.waitForFunction(
      () => Object.keys(localStorage).filter((key) => key.startsWith('tl_unsent_')).length === 6,
    )
    outside.mood = 'up'
    const names = () => outside.events.flatMap((event) => ('name' in event ? String(event.name) : []))
    for (let tries = 0; tries < 60 && !['a', 'b', 'c'].every((name) => names().includes(name)); tries++)
      await visitor.settle(page)
    expect(names()).toEqual(expect.arrayContaining(['a', 'b', 'c']))
  })
})

describe('where nothing can be stored', () => {
  test('many facts at once are sent once each', async () => {
    const { outside, context, visit, settle } = visitor
    await context.addInitScript(() => {
      const refuse = (): never => {
        throw new DOMException('refused', 'SecurityError')
      }
      Object.defineProperty(window, 'localStorage', { get: refuse })
    })
    const page = await visit('/')
    await outside.event('page')
    await page.evaluate(() => {
      for (let at = 0; at < 30; at++) Reflect.get(window, 'throughline')('event', `e${at}`)
    })
    await outside.waitFor('all of them', () => outside.events.length === 31)
    await settle(page)
    expect(outside.repeats).toEqual([])
    expect(outside.requests).toHaveLength(32)
  })

  test('any more, because it has become full, a fact waits with its page', async () => {
    const { outside, visit, settle } = visitor
    const page = await visit('/')
    await outside.event('page')
    await page.evaluate(() => {
      for (let size = 1 << 22, at = 0; size > 0; at++) {
        try {
          localStorage.setItem(`fill ${at}`, 'x'.repeat(size))
        } catch {
          size >>= 1
        }
      }
    })
    outside.mood = 'busy'
    await page.evaluate(() => Reflect.get(window, 'throughline')('event', 'waits'))
    await outside.waitFor('the first try', () => outside.requests.length > 1)
    outside.mood = 'up'
    await outside.event('custom', (event) => 'name' in event && event.name === 'waits')
    await settle(page)
    expect(outside.repeats).toEqual([])
    expect(await page.evaluate(kept)).toEqual([])
  })
})

describe('two tabs', () => {
  test('share what failed: each fact is delivered by one of them, and then forgotten by both', async () => {
    const { outside, visit, settle } = visitor
    outside.mood = 'down'
    const first = await visit('/first')
    await first.waitForFunction(KEPT_1)
    await first.evaluate(() => {
      for (let at = 0; at < 10; at++) Reflect.get(window, 'throughline')('event', `e${at}`)
    })
    await first.waitForFunction(
      () => Object.keys(localStorage).filter((key) => key.startsWith('tl_unsent_')).length === 11,
    )
    outside.mood = 'up'
    const second = await visit('/second')
    await outside.waitFor('all of the first tab', () => outside.events.length === 12)
    expect(await second.evaluate(kept)).toEqual([])
    for (const page of [first, second]) {
      await settle(page)
      await page.goto('about:blank')
    }
    const third = await visit('/third')
    await settle(third)
    // What was on its way as its page was left may be told twice; what failed, and then was delivered, is not.
    const repeated = outside.events.filter(({ id }) => outside.repeats.includes(id))
    expect(repeated.filter((event) => 'name' in event && /^e\d$/.test(String(event.name)))).toEqual([])
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

  test.each([
    ['is gone', () => Reflect.deleteProperty(Navigator.prototype, 'sendBeacon')],
    [
      'throws',
      () => {
        navigator.sendBeacon = () => {
          throw new TypeError('no')
        }
      },
    ],
  ])('its end is told also where the beacon %s', async (_, breakBeacon) => {
    const { outside, visit, context } = visitor
    await context.addInitScript(breakBeacon)
    const page = await visit('/')
    await outside.event('page')
    await page.goto('about:blank')
    await outside.event('leave')
    expect(visitor.complaints).toEqual([])
  })

  test('a fact told in the last line before that is not lost', async () => {
    const { outside, visit, settle } = visitor
    outside.put('/second', pageOf(outside.snippet, ''))
    const page = await visit('/first')
    await outside.event('page')
    await page.evaluate(() => {
      Reflect.get(window, 'throughline')('event', 'last')
      location.assign('/second')
    })
    await outside.event('custom', (event) => 'name' in event && event.name === 'last')
    await outside.event('page', ({ url }) => String(url).endsWith('/second'))
    await settle(page)
    expect(outside.events.map(({ type }) => type).sort()).toEqual(['custom', 'custom', 'leave', 'page', 'page'])
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
