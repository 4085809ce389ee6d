import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openTraffic } from '#ingest/enrich/traffic.ts'
import { encodeRow, encodeValues } from '#ingest/log/encode-row.ts'
import { plainPage } from '#ingest/wire/plain-event.ts'
import { SiteDocument } from '#storage/settings/documents.ts'
import { type BatchColumns, eventRow } from './event-row.ts'
import { batchText, pageLine } from './page-line.ts'

const text = fc.string({
  unit: fc.oneof(
    fc.string({ minLength: 1, maxLength: 1 }),
    fc.constantFrom('"', '\\', '\n', '\0', '\ud83d', '😀', 'ж'),
  ),
})
const id = fc.stringMatching(/^[A-Za-z0-9._:-]{1,128}$/)
const digits = fc.constantFrom('', '2095662112.1674837243', '1668581346714918248')
const page = fc.record({
  type: fc.constant('page'),
  id,
  at: fc.date({ noInvalidDate: true }).map(Number),
  url: fc.oneof(
    fc.webUrl({ withQueryParameters: true, withFragments: true }),
    text.map((tag) => `https://shop.example/?utm_source=${tag}&utm_campaign=%D0%B6&gclid=${tag}`),
  ),
  referrer: fc.constantFrom('', 'https://yandex.ru/', 'https://shop.example/"'),
  title: text,
})
const columns: fc.Arbitrary<BatchColumns> = fc.record({
  site: fc.constantFrom('shop', 'сайт', 'a"b\\c'),
  received_at: fc.nat(),
  clock_shift_ms: fc.integer(),
  trusted: fc.constantFrom(0, 1),
  bot: fc.constantFrom(0, 1),
  visitor: id,
  session: fc.oneof(id, fc.constant('')),
  ga: digits,
  ym: digits,
  device: text,
  browser: text,
  os: text,
  country: text,
  region: text,
  city: text,
  ip: text,
  user_agent: text,
  ga_session: digits,
})

test('the line of a page put together from parts is the line of its row', () => {
  const document = SiteDocument.parse({ id: 'shop', domains: ['shop.example'] })
  const trafficOf = openTraffic(['shop.example'])
  const owns = () => false
  let compared = 0
  fc.assert(
    fc.property(page, columns, (value, batch) => {
      const event = plainPage(value)
      if (event?.type !== 'page') return
      const { device, browser, os, country, region, city, ip, user_agent } = batch
      const visitor = encodeValues([device, browser, os, country, region, city, ip, user_agent])
      const traffic = trafficOf(event.url, event.referrer ?? '')
      const line = pageLine(event, event.at, encodeValues([batch.site]), batchText(batch, visitor), traffic)
      expect(line).toBe(encodeRow('events', eventRow(event, event.at, batch, { document, trafficOf, owns })))
      compared++
    }),
  )
  expect(compared).toBeGreaterThan(50)
})
