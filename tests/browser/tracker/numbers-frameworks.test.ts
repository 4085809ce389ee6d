import { build } from 'esbuild'
import { createElement } from 'react'
import { renderToString } from 'react-dom/server'
import { describe, expect, test } from 'vitest'
import { NUMBER } from './outside.ts'
import { pageOf, visiting } from './visiting.ts'

const visitor = visiting()

/** The script that has come before the page's body, on a visitor's second page. */
async function onSecondPage(body: string): Promise<Awaited<ReturnType<typeof visitor.context.newPage>>> {
  const { outside, context } = visitor
  await context.addInitScript((number) => {
    // Not yet on the empty page that a tab begins with.
    if (location.host) localStorage.setItem('tl_numbers', JSON.stringify([number]))
  }, NUMBER)
  outside.put('/', pageOf(outside.snippet.replace('async ', ''), body))
  const page = await context.newPage()
  await page.goto(`${outside.site}/`)
  return page
}

test('a number that is known is there in the first frame, and changes no more', async () => {
  const page = await onSecondPage(`<main>8 495 <b>000</b>-00-00</main><script>
    var main = document.querySelector('main'), frames = []
    var look = () => { frames.push(main.textContent); if (frames.length < 20) requestAnimationFrame(look) }
    requestAnimationFrame(look)
  </script>`)
  await visitor.outside.event('page')
  await page.waitForFunction('frames.length === 20')
  expect(await page.evaluate('frames.every((text) => text === "8 495 123-45-67")')).toBe(true)
})

test('on a first visit a number changes once, and nothing around it moves', async () => {
  const { outside, context } = visitor
  const page = await context.newPage()
  outside.put(
    '/',
    pageOf(
      `<script>
        var shown = [], shifts = []
        new PerformanceObserver((list) => shifts.push(...list.getEntries())).observe({ type: 'layout-shift', buffered: true })
        var look = () => {
          var text = document.querySelector('main').textContent
          if (text !== shown.at(-1)) shown.push(text)
          requestAnimationFrame(look)
        }
      </script>${outside.snippet}`,
      '<p>above</p><main>8 495 <b>000</b>-00-00 <a href="tel:+74950000000">+7 (495) 000-00-00</a></main><script>look()</script><p>below</p>',
    ),
  )
  await page.goto(`${outside.site}/`)
  await outside.event('page')
  await page.waitForFunction('shown.length > 1')
  await visitor.settle(page)
  await page.mouse.move(5, 5)
  await outside.waitFor('the confirmation of the lease', () => outside.requests.includes('POST /v1/numbers'))
  await visitor.settle(page)
  expect(await page.evaluate('shown')).toEqual([
    '8 495 000-00-00 +7 (495) 000-00-00',
    '8 495 123-45-67 +7 (495) 123-45-67',
  ])
  expect(await page.evaluate('shifts.length')).toBe(0)
})

describe('a page that React takes over after the numbers were swapped', () => {
  // Run on both sides, as React wants it.
  const markup = `(marks) => createElement('main', null,
    createElement('a', { href: 'tel:84950000000', ...marks }, '8 (495) ', createElement('b', marks, '000'), '-00-00'),
    createElement('p', marks, '+7 495 000-00-00'))`
  const app = (marks: string) => `
    import { createElement, useState } from 'react'
    import { hydrateRoot } from 'react-dom/client'
    const h = createElement
    const markup = ${markup}
    function Count() {
      const [count, setCount] = useState(0)
      return h('div', null, h('button', { type: 'button', onClick: () => setCount(count + 1) }, 'count ' + count),
        count % 2 ? h('i', null, 'tel. 8 495 000 00 00') : null)
    }
    window.recovered = []
    window.writes = 0
    const root = document.querySelector('#root')
    new MutationObserver((records) => { window.writes += records.length })
      .observe(root, { subtree: true, childList: true, characterData: true })
    hydrateRoot(root, h('div', null, markup(${marks}), h(Count)), { onRecoverableError: (error) => recovered.push(error.message) })`

  test.each([
    ['which makes it anew once', {}, 1],
    ['which lets the number stand when the element says so', { suppressHydrationWarning: true }, 0],
  ])('%s: it ends with the swapped numbers, works, and is not fought over', async (_, marks, recovered) => {
    const { outputFiles } = await build({
      stdin: { contents: app(JSON.stringify(marks)), resolveDir: import.meta.dirname },
      bundle: true,
      write: false,
      format: 'iife',
      define: { 'process.env.NODE_ENV': '"production"' },
    })
    const onServer = new Function('createElement', `return ${markup}`)(createElement)
    const count = createElement('div', null, createElement('button', { type: 'button' }, 'count 0'))
    const html = renderToString(createElement('div', null, onServer(marks), count))
    visitor.outside.put('/app.js', outputFiles[0]?.text ?? '', { 'content-type': 'text/javascript' })
    const page = await onSecondPage(`<div id="root">${html}</div><script src="/app.js"></script>`)
    await visitor.outside.event('page')

    const text = () => page.evaluate(`document.querySelector('#root').textContent`)
    const shown = '8 (495) 123-45-67+7 495 123-45-67'
    await expect.poll(text).toBe(`${shown}count 0`)
    for (const [count, extra] of [
      [1, 'tel. 8 495 123 45 67'],
      [2, ''],
      [3, 'tel. 8 495 123 45 67'],
    ]) {
      await page.click('button')
      await expect.poll(text).toBe(`${shown}count ${count}${extra}`)
    }
    await visitor.settle(page)
    expect(await text()).toBe(`${shown}count 3tel. 8 495 123 45 67`)
    expect(await page.evaluate('recovered.length')).toBe(recovered)
    expect(Number(await page.evaluate('writes'))).toBeLessThan(40)
    expect(visitor.complaints).toEqual([])
  })
})
