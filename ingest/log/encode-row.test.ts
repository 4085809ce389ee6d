import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromByteText } from '#domain/byte-text.ts'
import { factTables } from '#storage/fact-tables.ts'
import { encodeRow } from './encode-row.ts'
import { sampleEvent } from './sample-event.ts'

describe('a row of the log', () => {
  test('is a JSON array on one line, in the order of the columns, whatever stands in the texts', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), (title, referrer) => {
        const row = sampleEvent({ title, referrer })
        const text = `[0,${fromByteText(encodeRow('events', row))}`
        expect(text).not.toContain('\n')
        expect(JSON.parse(text).slice(1)).toEqual(Object.keys(factTables.events).map((column) => row[column as 'id']))
      }),
    )
  })
  test('holds no half of a surrogate pair, which ClickHouse refuses', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('\ud83d', '\ude00', '\\', 'ud83d', '\\ud83d', '"', 'я')), (parts) => {
        const title = parts.join('')
        const found = JSON.parse(`[0,${fromByteText(encodeRow('events', sampleEvent({ title })))}`) as string[]
        const halves = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g
        expect(found[1 + Object.keys(factTables.events).indexOf('title')]).toBe(title.replace(halves, '\ufffd'))
      }),
    )
  })
})
