import { expect, test } from 'vitest'
import { publicSettings } from '#cdn/public-settings.ts'
import { PoolDocument, SiteDocument } from '#storage/settings/documents.ts'
import { LEASED, SPELLINGS, UNTOUCHED } from '#tests/fixtures/phone-spellings.ts'
import { NUMBER } from './outside.ts'
import { visiting } from './visiting.ts'

const visitor = visiting()

test('every spelling of a number on one page is swapped, to the letter, and nothing else', async () => {
  const { outside, visit, settle } = visitor
  const pools = LEASED.map(([own, shown], at) =>
    PoolDocument.parse({ id: `p${at}`, site: 'shop', kind: 'dynamic', numbers: [shown], replaces: [own] }),
  )
  outside.settings = publicSettings(SiteDocument.parse({ id: 'shop', domains: ['shop.test'] }), pools)
  outside.numbers = LEASED.map(([own, shown], at) => ({ ...NUMBER, pool: `p${at}`, replaces: [own], number: shown }))

  const all = [...SPELLINGS, ...UNTOUCHED.map((html) => [html, html] as const)]
  const page = await visit('/', all.map(([before]) => `<section>${before}</section>`).join('\n'))
  await page.getByText('+7 (499) 123-45-67').first().waitFor()
  await settle(page)

  const shown = await page.$$eval('section', (sections) => sections.map(({ innerHTML }) => innerHTML))
  // As the browser writes it: entities of what it shows as they are.
  const expected = await page.evaluate(
    (htmls) =>
      htmls.map((html) => {
        const section = document.createElement('section')
        section.setAttribute('data-tl-noswap', '')
        section.innerHTML = html
        return section.innerHTML
      }),
    all.map(([, after]) => after),
  )
  expect(SPELLINGS.length).toBeGreaterThanOrEqual(120)
  expect(shown.length).toBe(all.length)
  const wrong = all.flatMap(([before], at) =>
    shown[at] === expected[at] ? [] : [{ before, is: shown[at], wanted: expected[at] }],
  )
  expect(wrong).toEqual([])
  expect(visitor.complaints).toEqual([])
})
