import { describe, expect, test } from 'vitest'
import { visiting } from './visiting.ts'

const visitor = visiting()

describe('ids of Google Analytics and Yandex Metrica', () => {
  test('go with every event, also when they appear late', async () => {
    const { outside, visit, settle } = visitor
    const page = await visit('/')
    expect((await outside.event('page')).client_ids).toEqual({})
    await page.evaluate(() => {
      document.cookie = '_ga=GA1.2.2095662112.1674837243;path=/'
      document.cookie = '_ga_ABC123=GS2.1.s1674837243$o1$g0;path=/'
      document.cookie = '_ym_uid=1668581346714918248;path=/'
    })
    await settle(page)
    expect((await outside.event('custom')).client_ids).toEqual({
      ga: 'GA1.2.2095662112.1674837243',
      ga_session: 'GS2.1.s1674837243',
      ym: '1668581346714918248',
    })
  })

  test('name the session of Google Analytics in its older format too', async () => {
    const { outside, context, visit } = visitor
    await context.addInitScript(() => {
      document.cookie = '_ga_ABC123=GS1.1.1674837243.3.1.1674837300.0.0.0;path=/'
    })
    await visit('/')
    expect((await outside.event('page')).client_ids).toEqual({ ga_session: 'GS1.1.1674837243.3.1.1674837300.0.0.0' })
  })

  test('go with the leaving of the page when nothing else is sent', async () => {
    const { outside, visit } = visitor
    const page = await visit('/')
    await outside.event('page')
    await page.evaluate(() => {
      document.cookie = '_ym_uid=1668581346714918248;path=/'
    })
    await page.goto('about:blank')
    expect((await outside.event('leave')).client_ids).toEqual({ ym: '1668581346714918248' })
    expect(outside.events.map(({ type }) => type)).toEqual(['page', 'leave'])
  })

  test('of Metrica is found where it keeps it when it has no cookie', async () => {
    const { outside, context, visit } = visitor
    await context.addInitScript(() => localStorage.setItem('_ym_uid', '"1668581346714918248"'))
    await visit('/')
    expect((await outside.event('page')).client_ids).toEqual({ ym: '1668581346714918248' })
  })
})

describe('Metrica without a cookie', () => {
  /** As its snippet: calls wait in `a`, which is there later too; its script, when it comes, answers them. */
  const snippetOfMetrica = (): void => {
    const asked: unknown[][] = []
    const answer = ([counter, method, tell]: unknown[]) => {
      if (counter === 12345 && method === 'getClientID') (tell as (id: string) => void)('1668581346714918248')
    }
    const ym = Object.assign((...call: unknown[]) => asked.push(call), { a: asked })
    Object.assign(window, {
      ym,
      arrive: () => {
        for (const call of asked) answer(call)
        asked.push = (...calls) => {
          for (const call of calls) answer(call)
          return 0
        }
      },
    })
    ym(12345, 'init', {})
  }

  test('is asked for its id, also when it comes late', async () => {
    const { outside, context, visit, settle } = visitor
    await context.addInitScript(snippetOfMetrica)
    const page = await visit('/')
    expect((await outside.event('page')).client_ids).toEqual({})
    await page.evaluate(() => Reflect.get(window, 'arrive')())
    await settle(page)
    expect((await outside.event('custom')).client_ids).toEqual({ ym: '1668581346714918248' })
    expect(visitor.complaints).toEqual([])
  })

  test('is neither asked nor believed in the cookieless mode', async () => {
    const { outside, context, visit, settle } = visitor
    outside.settings.consent = 'cookieless'
    await context.addInitScript(snippetOfMetrica)
    const page = await visit('/')
    await outside.event('page')
    await page.evaluate(() => Reflect.get(window, 'arrive')())
    for (let times = 0; times < 2; times++) await settle(page)
    expect(outside.events.map(({ client_ids }) => client_ids)).toEqual([{}, {}, {}])
    expect(await page.evaluate(() => Reflect.get(window, 'ym').a.map(([, method]: unknown[]) => method))).toEqual([
      'init',
    ])
  })

  test('may be no function at all, or answer nonsense', async () => {
    const { outside, context, visit, settle } = visitor
    await context.addInitScript(() => {
      const ym = (_: unknown, method: string, tell: (id: unknown) => void) =>
        method === 'getClientID' && tell({ no: 'id' })
      Object.assign(window, { ym: Object.assign(ym, { a: [[1]] }) })
    })
    const page = await visit('/')
    await outside.event('page')
    await settle(page)
    await page.evaluate(() => Reflect.set(window, 'ym', 7))
    await settle(page)
    expect(outside.events.map(({ client_ids }) => client_ids)).toEqual([{}, {}, {}])
    expect(outside.refused).toEqual([])
    expect(visitor.complaints).toEqual([])
  })
})
