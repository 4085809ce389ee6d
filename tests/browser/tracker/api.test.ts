import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { pageOf, visiting } from './visiting.ts'

const visitor = visiting()

const STUB =
  '<script>window.throughline=window.throughline||function(){(throughline.q=throughline.q||[]).push(arguments)}</script>'

/** Runs code of a page that calls the tracker; what it throws fails the test. */
const run = (page: Page, code: string): Promise<unknown> => page.evaluate(code)

async function open(): Promise<Page> {
  const page = await visitor.visit('/')
  await visitor.outside.event('page')
  return page
}

describe('throughline(…)', () => {
  test('does what was called before it came, in order, and tells what was asked', async () => {
    const { outside, context, settle } = visitor
    const calls = `<script>
      throughline('event', 'first', { n: 1 })
      throughline('getVisitor', (id) => { window.told = id })
      throughline('event', 'second')
    </script>`
    outside.put('/', pageOf(STUB + calls + outside.snippet, ''))
    const page = await context.newPage()
    await page.goto(`${outside.site}/`)
    const { visitor: id } = await outside.event('page')
    await settle(page)
    const named = outside.events.flatMap((event) => ('name' in event ? [event.name] : []))
    expect(named.slice(0, 2)).toEqual(['first', 'second'])
    expect(await run(page, 'told')).toBe(id)
    expect(await run(page, 'throughline("getVisitor")')).toBe(id)
  })

  test.each([
    [`'event', 'calc', { rooms: 2, tags: ['a'] }`, { type: 'custom', name: 'calc', props: '{"rooms":2,"tags":["a"]}' }],
    [`'event', 'calc', null`, { type: 'custom', name: 'calc' }],
    [`'event', 17`, { type: 'custom', name: '17' }],
    [`'event', 'x'.repeat(300)`, { type: 'custom', name: 'x'.repeat(200) }],
    [`'event', 'calc', { act() {}, none: undefined }`, { type: 'custom', name: 'calc', props: '{}' }],
    [`'event', 'calc', () => {}`, { type: 'custom', name: 'calc', props: undefined }],
    [
      `'identify', { phone: '+7 916 123-45-67', user: 17, id: 'no id', type: 'page', url: 'nowhere' }`,
      { type: 'identify', phone: '+7 916 123-45-67', user: '17' },
    ],
    [`'identify', { phone: 79161234567 }`, { type: 'identify', phone: '79161234567' }],
    [`'identify', { email: {}, user: [], phone: true }`, { type: 'identify', email: undefined, user: undefined }],
    [`'identify', { user: 'x'.repeat(300), phone: null }`, { type: 'identify', user: undefined }],
  ])('with (%s) sends what the service takes', async (call, expected) => {
    const { outside, settle } = visitor
    const page = await open()
    await run(page, `throughline(${call})`)
    await settle(page)
    expect({ props: undefined, ...outside.events[1] }).toMatchObject(expected)
    expect(outside.events[1]?.url).toBe(`${outside.site}/`)
    expect(outside.refused).toEqual([])
    expect(visitor.complaints).toEqual([])
  })

  test.each([
    '',
    `'event'`,
    `'event', ''`,
    `'event', null`,
    `'event', Symbol('s')`,
    `'event', 'calc', window`,
    `'event', 'calc', { big: 10n }`,
    `'event', 'calc', { toJSON() { throw new Error('no') } }`,
    `'identify'`,
    `'identify', null`,
    `'identify', { user: 10n }`,
    `'pageview'`,
    `'constructor'`,
    `'__proto__'`,
    `null`,
    `{}`,
    `'getVisitor', 'not a function'`,
    `'getVisitor', () => { throw new Error('of the page') }`,
    `'getNumber', {}, 17`,
  ])('with (%s) sends nothing, and throws nothing', async (call) => {
    const { outside, settle } = visitor
    const page = await open()
    await run(page, `void throughline(${call})`)
    await settle(page)
    expect(outside.events.map(({ type }) => type)).toEqual(['page', 'custom'])
    expect(outside.refused).toEqual([])
    expect(visitor.complaints).toEqual([])
  })

  test.each([`'text'`, '[1]', `{ long: 'x'.repeat(9000) }`])(
    'leaves it to the service to refuse an event with (%s), and goes on',
    async (props) => {
      const { outside, settle } = visitor
      const page = await open()
      await run(page, `throughline('event', 'calc', ${props})`)
      await settle(page)
      expect(outside.events.map(({ type }) => type)).toEqual(['page', 'custom'])
      expect(outside.refused).toHaveLength(1)
      // The browser's own line about the answer, and nothing thrown.
      await expect.poll(() => visitor.complaints).toEqual([expect.stringMatching(/status of 4\d\d/)])
    },
  )

  test('counts a page that no address shows', async () => {
    const { outside } = visitor
    const page = await open()
    await run(page, `throughline('page')`)
    const [first] = outside.events
    expect(await outside.event('page', ({ id }) => id !== first?.id)).toMatchObject({ url: `${outside.site}/` })
  })

  test('tells nobody who is there before consent, and everybody who asked after it', async () => {
    const { outside, visit } = visitor
    outside.settings.consent = 'wait'
    const page = await visit('/')
    await page.waitForLoadState('load')
    await run(page, `throughline('getVisitor', (id) => { window.told = id })`)
    expect(await run(page, `[typeof throughline('getVisitor'), typeof window.told]`)).toEqual([
      'undefined',
      'undefined',
    ])
    await run(page, `throughline('consent', true)`)
    expect(await run(page, 'told')).toBe((await outside.event('page')).visitor)
    await run(page, `throughline('consent', false)`)
    expect(await run(page, `typeof throughline('getVisitor')`)).toBe('undefined')
  })

  test.each([
    ['no list', 'q=5'],
    ['a list with what is no call', "q=[null,7,['event','good']]"],
  ])('starts where its queue is %s', async (_, queue) => {
    const { outside, context } = visitor
    outside.put('/', pageOf(`<script>throughline=function(){};throughline.${queue}</script>${outside.snippet}`, ''))
    const page = await context.newPage()
    await page.goto(`${outside.site}/`)
    await outside.event('page')
    await visitor.settle(page)
    expect(visitor.complaints).toEqual([])
  })

  test('is the one global of the script', async () => {
    const { outside, context } = visitor
    const names = async (head: string) => {
      outside.put('/', pageOf(head, ''))
      const page = await context.newPage()
      await page.goto(`${outside.site}/`)
      await page.waitForLoadState('load')
      return page.evaluate(() => Object.getOwnPropertyNames(window))
    }
    const without = await names('')
    const added = (await names(outside.snippet)).filter((name) => !without.includes(name))
    expect(added).toEqual(['throughline'])
  })
})
