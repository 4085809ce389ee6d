import { expect, test } from 'vitest'
import { pageOf, visiting } from './visiting.ts'

const visitor = visiting()

const KEPT_1 = () => Object.keys(localStorage).some((key) => key.startsWith('tl_unsent_'))
const kept = () => Object.keys(localStorage).filter((key) => key.startsWith('tl_unsent_'))

test('two sites on one domain, with a service each, leave each other’s facts alone, though one’s name begins with the other’s', async () => {
  const { outside, context, visit, settle } = visitor
  const script = await (await fetch(`${outside.endpoint.replace('stats.test', '127.0.0.1')}/t/shop.js`)).text()
  await context.route('**/t/shop_x.js', (route) =>
    route.fulfill({ contentType: 'text/javascript', body: script.replaceAll('"shop"', '"shop_x"') }),
  )
  outside.mood = 'down'
  outside.put('/x', pageOf(outside.snippet.replace('shop.js', 'shop_x.js'), ''))
  const other = await context.newPage()
  await other.goto(`${outside.site}/x`)
  await other.waitForFunction(KEPT_1)
  await other.evaluate(() => {
    // In the midst of a key our own name is nobody's.
    const [key = ''] = Object.keys(localStorage).filter((key) => key.startsWith('tl_unsent_shop_x'))
    localStorage.setItem(`of another_${key.replace('shop_x', 'shop')}`, localStorage.getItem(key) ?? '')
  })
  await other.goto('about:blank')
  outside.mood = 'up'
  const page = await visit('/')
  await outside.event('page', ({ url }) => String(url) === `${outside.site}/`)
  for (let times = 0; times < 3; times++) await settle(page)
  expect(outside.bodies.filter((body) => body.includes('"site":"shop"')).length).toBeGreaterThan(3)
  expect(outside.events.filter(({ type, url }) => type === 'page' && String(url).endsWith('/x'))).toEqual([])
  expect((await page.evaluate(kept)).filter((key) => key.startsWith('tl_unsent_shop_x'))).not.toEqual([])

  await other.goto(`${outside.site}/x`)
  await outside.event('page', ({ url }) => String(url).endsWith('/x'))
})
