import type { Browser, Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { show, visiting } from './visiting.ts'

const visitor = visiting()

/** Kills what shows the page, as a phone does that needs its memory: nothing of the page runs any more. */
async function kill(page: Page): Promise<void> {
  const session = await (page.context().browser() as Browser).newBrowserCDPSession()
  const { processInfo } = await session.send('SystemInfo.getProcessInfo')
  const renderers = processInfo.filter(({ type }) => type === 'renderer')
  expect(renderers).not.toEqual([])
  const crashed = page.waitForEvent('crash')
  for (const { id } of renderers) process.kill(id, 'SIGKILL')
  await crashed
}

describe('a tab that is killed', () => {
  test('after it was hidden has told how the page was read', async () => {
    const { outside, visit } = visitor
    const page = await visit('/long', '<div style="height:5000px"></div>')
    await outside.event('page')
    await page.mouse.wheel(0, 2000)
    await page.waitForFunction(() => scrollY >= 2000)
    await show(page, false)
    await kill(page)
    const left = (await outside.event('leave')) as { engaged_ms?: number; scroll_percent?: number }
    expect(left).toMatchObject({ url: `${outside.site}/long`, session: outside.events[0]?.session })
    expect(left.engaged_ms).toBeGreaterThan(0)
    expect(left.scroll_percent).toBeGreaterThanOrEqual(50)
    expect(outside.refused).toEqual([])
  })

  test('while it is seen leaves what waited to the next page, and each fact arrives once', async () => {
    const { outside, visit, settle } = visitor
    outside.mood = 'down'
    const page = await visit('/first')
    await page.evaluate(() => Reflect.get(window, 'throughline')('event', 'waited'))
    await page.waitForFunction(
      () => Object.keys(localStorage).filter((key) => key.startsWith('tl_unsent_')).length === 2,
    )
    await kill(page)
    expect(outside.events).toEqual([])
    outside.mood = 'up'
    const next = await visit('/second')
    const first = await outside.event('page', ({ url }) => String(url).endsWith('/first'))
    await outside.event('custom', (event) => 'name' in event && event.name === 'waited')
    const second = await outside.event('page', ({ url }) => String(url).endsWith('/second'))
    expect([second.visitor, second.session]).toEqual([first.visitor, first.session])
    await settle(next)
    expect(outside.events).toHaveLength(4)
    expect(outside.repeats).toEqual([])
  })

  test('in the midst of it has told what happened last', async () => {
    const { outside, visit } = visitor
    const page = await visit('/', '<form><input type="tel" value="89261112233"><button>Send</button></form>')
    await page.evaluate(() => addEventListener('submit', (event) => event.preventDefault()))
    await outside.event('page')
    await page.locator('button').click()
    await kill(page)
    expect(await outside.event('form')).toMatchObject({ form: { fields: { phone: '89261112233' } } })
  })
})
