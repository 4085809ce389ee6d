import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { pageOf, visiting } from './visiting.ts'

const visitor = visiting()

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

  test('keeps every function of the browser as it was', async () => {
    const { outside, context, settle } = visitor
    // All that hangs on the window and on the prototypes of its classes, getters and setters among them.
    await context.addInitScript(() => {
      // The empty page that a tab begins with has no storage.
      if (!location.host) return
      const look = () => {
        const all = new Map<string, unknown>()
        const note = (name: string, owner: object) => {
          for (const [key, { value, get, set }] of Object.entries(Object.getOwnPropertyDescriptors(owner))) {
            if (typeof value === 'function') all.set(`${name}.${key}`, value)
            if (get) all.set(`get ${name}.${key}`, get)
            if (set) all.set(`set ${name}.${key}`, set)
          }
        }
        for (const name of Object.getOwnPropertyNames(window)) {
          const it = Object.getOwnPropertyDescriptor(window, name)?.value
          if (typeof it !== 'function') continue
          all.set(name, it)
          if (it.prototype) note(name, it.prototype)
        }
        for (const name of ['history', 'navigator', 'document', 'location', 'localStorage', 'performance', 'JSON'])
          note(name, Reflect.get(window, name))
        return all
      }
      const before = look()
      Reflect.set(window, 'changed', () => {
        const after = look()
        return { size: before.size, names: [...before.keys()].filter((name) => before.get(name) !== after.get(name)) }
      })
    })
    outside.settings.areas = []
    outside.settings.hash_routes = true
    const page = await context.newPage()
    outside.put(
      '/',
      pageOf(
        outside.snippet,
        '<a href="tel:+74950000000">8 495 000-00-00</a><form><input type="tel"><button>Go</button></form>',
      ),
    )
    await page.goto(`${outside.site}/`)
    await page.getByText('8 495 123-45-67').waitFor()
    await page.evaluate(() => history.pushState({}, '', '/two'))
    await outside.event('page', ({ url }) => String(url).endsWith('/two'))
    await settle(page)
    const changed = (await page.evaluate(() => Reflect.get(window, 'changed')())) as { size: number; names: string[] }
    expect(changed.size).toBeGreaterThan(3000)
    expect(changed.names).toEqual([])
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

/** The code as a file of the site's own, or as a loader gets at it. */
const codeOf = async () => {
  const { endpoint } = visitor.outside
  return (await fetch(`${endpoint.replace('stats.test', '127.0.0.1')}/t/shop.js`)).text()
}

const NUMBER_ON_PAGE = '<a href="tel:+74950000000">8 (495) 000-00-00</a>'

/** What has to be true of every page, however the script came: counted once, its number shown, nothing complained of. */
const expectWorking = async (page: Page, path = 'POST /v1/events') => {
  const { outside, settle } = visitor
  await outside.event('page')
  await page.getByText('8 (495) 123-45-67').waitFor()
  await settle(page)
  expect(outside.events.map(({ type }) => type)).toEqual(['page', 'custom'])
  expect(new Set(outside.requests)).toEqual(new Set([path]))
  expect(outside.refused).toEqual([])
  expect(visitor.complaints).toEqual([])
}

const open = async (head: string, body = NUMBER_ON_PAGE, headers: Record<string, string> = {}) => {
  const { outside, context } = visitor
  outside.put('/', pageOf(head, body), headers)
  const page = await context.newPage()
  await page.goto(`${outside.site}/`)
  return page
}

describe('the script finds its service', () => {
  test.each([
    ['beside a file of any name', '/assets/all.js', '', 'POST /assets/v1/events'],
    ['beside a file in the root', '/x.js?v=1/2', '', 'POST /v1/events'],
    ['beside a marked tag', '/some/app.min.js', 'data-tl-base', 'POST /some/v1/events'],
  ])('%s', async (_, path, attributes, expected) => {
    const { outside, context } = visitor
    const code = await codeOf()
    const asked: string[] = []
    // The site's own domain passes on what is below the folder.
    await context.route('**/v1/events', async (route) => {
      asked.push(`POST ${new URL(route.request().url()).pathname}`)
      await route.continue({ url: `${outside.endpoint}/v1/events` })
    })
    outside.put(new URL(path, outside.site).pathname, code, { 'content-type': 'text/javascript' })
    const page = await open(`<script async src="${path}" ${attributes}></script>`)
    await outside.event('page')
    await page.getByText('8 (495) 123-45-67').waitFor()
    expect(new Set(asked)).toEqual(new Set([expected]))
  })

  test('in a page that has the code written into it, only if it is told', async () => {
    const { outside, settle } = visitor
    const code = (await codeOf()).replaceAll('</', '<\\/')
    const page = await open(`<script>${code}</script>`)
    await page.waitForLoadState('load')
    expect(await page.evaluate(() => 'throughline' in window)).toBe(false)
    const told = await open(`<script data-tl-base="${outside.endpoint}">${code}</script>`)
    await outside.event('page')
    await settle(told)
    expect(outside.events.map(({ type }) => type)).toEqual(['page', 'custom'])
    expect(visitor.complaints).toEqual([])
  })
})

describe('an optimiser of scripts', () => {
  test('that hides the tag and runs its text without currentScript (Rocket Loader) changes nothing', async () => {
    const { outside } = visitor
    const hidden = outside.snippet.replace('<script ', '<script type="4f2a-text/javascript" ')
    const page = await open(
      `${hidden}<script>addEventListener('load', () => {
        const [tag] = document.querySelectorAll('script[type$="-text/javascript"]')
        const request = new XMLHttpRequest()
        request.onload = () => setTimeout(() => (0, eval)(request.responseText))
        request.open('GET', tag.src)
        request.send()
      })</script>`,
    )
    await expectWorking(page)
  })

  test('that waits for the first touch, long after the page is ready (WP Rocket) changes nothing but the time', async () => {
    const { outside } = visitor
    const delayed = outside.snippet.replace('<script async src', '<script type="rocketlazyloadscript" data-rocket-src')
    const page = await open(
      `${delayed}<script>addEventListener('keydown', () => {
        const tag = document.querySelector('[data-rocket-src]')
        const script = document.createElement('script')
        script.src = tag.dataset.rocketSrc
        tag.replaceWith(script)
      }, { once: true })</script>`,
    )
    await page.waitForLoadState('networkidle')
    expect(outside.requests).toEqual([])
    await page.keyboard.press('Shift')
    await expectWorking(page)
  })
})

describe('a strict policy', () => {
  test('of nonces and strict-dynamic lets the one script run', async () => {
    const { outside } = visitor
    const page = await open(outside.snippet.replace('<script ', '<script nonce="r4nd0m" '), NUMBER_ON_PAGE, {
      'content-security-policy': `default-src 'none'; img-src data:; script-src 'nonce-r4nd0m' 'strict-dynamic'; connect-src ${outside.endpoint}; trusted-types 'none'; require-trusted-types-for 'script'`,
    })
    await expectWorking(page)
  })
})

describe('two scripts on one page', () => {
  test('of one site are one', async () => {
    const { outside } = visitor
    await expectWorking(await open(outside.snippet + outside.snippet))
  })

  test('of two sites are the first alone', async () => {
    const { outside, context } = visitor
    const other = (await codeOf()).replaceAll('"shop"', '"other"')
    await context.route('**/t/other.js', (route) => route.fulfill({ contentType: 'text/javascript', body: other }))
    const second = `<script defer src="${outside.endpoint}/t/other.js"></script>`
    await expectWorking(await open(outside.snippet.replace('async', 'defer') + second))
  })
})

describe('a page inside a page of another site', () => {
  test('counts as itself, with the page around it as referrer', async () => {
    const { outside, context } = visitor
    outside.put('/inner', pageOf(outside.snippet, NUMBER_ON_PAGE))
    const host = outside.site.replace('www.shop.test', 'portal.test')
    outside.put('/outer', pageOf('', `<iframe src="${outside.site}/inner"></iframe>`))
    const page = await context.newPage()
    await page.goto(`${host}/outer`)
    expect(await outside.event('page')).toMatchObject({ url: `${outside.site}/inner`, referrer: `${host}/` })
    await page.frameLocator('iframe').getByText('8 (495) 123-45-67').waitFor()
    expect(outside.events).toHaveLength(1)
    expect(visitor.complaints).toEqual([])
  })

  test('works where the frame has no origin and no storage', async () => {
    const { outside, context } = visitor
    outside.put('/inner', pageOf(outside.snippet, NUMBER_ON_PAGE))
    outside.put('/outer', pageOf('', '<iframe sandbox="allow-scripts" src="/inner"></iframe>'))
    const page = await context.newPage()
    await page.goto(`${outside.site}/outer`)
    await outside.event('page')
    await page.frameLocator('iframe').getByText('8 (495) 123-45-67').waitFor()
    expect(outside.events).toHaveLength(1)
    expect(outside.refused).toEqual([])
    expect(visitor.complaints).toEqual([])
  })
})

describe('a page that is hostile', () => {
  test.each([
    [
      'where Prototype.js 1.6 has its own JSON',
      () => {
        const text = function (this: unknown) {
          return `"${String(this)}"`
        }
        for (const { prototype } of [Array, Date, String, Number])
          Object.assign(prototype, { toJSON: text, each: text, inspect: text })
      },
    ],
    [
      'that has given all objects a member of its own',
      () => {
        const act = function (this: unknown) {
          return this
        }
        for (const { prototype } of [Object, Array, Function, String, Node])
          Object.assign(prototype, { each: act, extend: act, toJSONString: act })
        Object.assign(Array.prototype, { toJSON: act })
        Object.assign(String.prototype, { toJSON: act })
      },
    ],
    [
      'that has frozen its history',
      () => {
        Object.freeze(history)
      },
    ],
    [
      'that has frozen its history, in a browser without the Navigation API',
      () => {
        Reflect.deleteProperty(window, 'navigation')
        Object.freeze(history)
      },
    ],
    [
      'without newer features',
      () => {
        Reflect.deleteProperty(window, 'navigation')
        Reflect.deleteProperty(Navigator.prototype, 'sendBeacon')
        Reflect.deleteProperty(Document.prototype, 'prerendering')
        Reflect.deleteProperty(window, 'PointerEvent')
      },
    ],
  ])('%s is counted all the same', async (_, makeHostile) => {
    await visitor.context.addInitScript(makeHostile)
    await expectWorking(await open(visitor.outside.snippet))
  })

  test('whose elements bear the names of what we use is counted all the same', async () => {
    const { outside } = visitor
    const names = ['throughline', 'title', 'fetch', 'history', 'JSON', 'localStorage']
    const clobbering = names.map((name) => `<form id="${name}" name="${name}"></form><img name="${name}" alt="">`)
    await expectWorking(await open('', clobbering.join('') + NUMBER_ON_PAGE + outside.snippet))
  })

  test.each(
    ['cookie', 'childNodes'].flatMap((name) => [
      [name, 'form', `<form name="${name}"></form>`],
      [name, 'picture', `<img name="${name}" alt="">`],
      [name, 'pair of forms', `<form name="${name}"></form><form name="${name}"></form>`],
    ]),
  )('whose document has its %s hidden by a %s is counted all the same, and so are its leads', async (name, _, html) => {
    const { outside } = visitor
    const form = '<form id="order"><input type="tel" value="89261112233"><button>Send</button></form>'
    const page = await open('', html + NUMBER_ON_PAGE + form + outside.snippet)
    expect(await page.evaluate((name) => typeof Reflect.get(document, name), name)).toBe('object')
    await expectWorking(page)
    await page.evaluate(() => addEventListener('submit', (event) => event.preventDefault()))
    await page.locator('button').click()
    expect(await outside.event('form')).toMatchObject({ form: { id: 'order', fields: { phone: '89261112233' } } })
    expect(outside.refused).toEqual([])
    expect(visitor.complaints).toEqual([])
  })

  test.each(
    ['hidden', 'prerendering', 'referrer', 'visibilityState', 'body', 'head', 'forms', 'readyState', 'URL'].flatMap(
      (name) => [
        [name, 'form', `<form name="${name}"></form>`],
        [name, 'picture', `<img name="${name}" alt="">`],
      ],
    ),
  )('whose document has its %s hidden by a %s is counted all the same', async (name, _, html) => {
    const page = await open('', html + NUMBER_ON_PAGE + visitor.outside.snippet)
    expect(await page.evaluate((name) => Reflect.get(document, name) instanceof Element, name)).toBe(true)
    await expectWorking(page)
  })

  test('that has taken the list of children from its nodes is counted all the same, without numbers', async () => {
    const { outside, context, settle } = visitor
    await context.addInitScript(() => Reflect.deleteProperty(Node.prototype, 'childNodes'))
    const page = await open(outside.snippet)
    await outside.event('page')
    await settle(page)
    expect(visitor.complaints).toEqual([])
  })

  test.each([
    ['is gone', () => Reflect.deleteProperty(window, 'fetch')],
    [
      'throws',
      () => {
        window.fetch = () => {
          throw new TypeError('no')
        }
      },
    ],
    [
      'fails with nothing',
      () => {
        window.fetch = () => Promise.reject()
      },
    ],
  ])('whose fetch %s is left alone', async (_, breakFetch) => {
    const { outside, context } = visitor
    await context.addInitScript(breakFetch)
    const page = await open(outside.snippet)
    await page.waitForFunction(() => document.cookie.includes('tl_session'))
    await page.evaluate(() => history.pushState({}, '', '/two'))
    await page.mouse.move(4, 4)
    await page.goto('about:blank')
    expect(visitor.complaints).toEqual([])
  })
})
