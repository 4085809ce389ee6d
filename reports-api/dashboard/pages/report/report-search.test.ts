import { describe, expect, test } from 'vitest'
import { dimensionInside } from './columns.ts'
import { datesOf } from './date-range.ts'
import { rangeOf, readReportSearch, sortOf } from './report-search.ts'
import { sortRows } from './sort-rows.ts'

describe('the address of a report', () => {
  test.each([
    [{}, {}],
    [{ range: '30d', by: 'channel', model: 'last_non_direct', sort: '-revenue' }, {}],
    [
      { range: '7d', by: 'source', model: 'linear' },
      { range: '7d', by: 'source', model: 'linear' },
    ],
    [{ range: 'for ever', by: "'; DROP", sort: 7 }, {}],
    [
      { from: '2026-11-01', to: '2026-11-21', range: '7d' },
      { from: '2026-11-01', to: '2026-11-21' },
    ],
    [{ from: '2026-11-21', to: '2026-11-01' }, {}],
    [{ from: '2026-02-30', to: '2026-03-01' }, {}],
    [{ site: 42 }, { site: '42' }],
    [
      { open: [['channel', 'direct']], behind: 'deals' },
      { open: [['channel', 'direct']], behind: 'deals' },
    ],
    [{ open: [['channel']], behind: 'deals' }, {}],
    [{ by: 'date', sort: 'label' }, { by: 'date' }],
  ])('%j is read as %j', (raw, read) => {
    expect(readReportSearch(raw)).toEqual(read)
  })

  test('means thirty days up to today unless it says otherwise', () => {
    expect(rangeOf({}, '2026-11-21')).toEqual({ from: '2026-10-23', to: '2026-11-21' })
  })

  test('puts time in its order and everything else by revenue', () => {
    expect([sortOf({ by: 'week' }), sortOf({ by: 'source' }), sortOf({})]).toEqual(['label', '-revenue', '-revenue'])
  })
})

describe('a period', () => {
  test.each([
    ['7d', '2026-03-03', '2026-02-25'],
    ['90d', '2026-11-21', '2026-08-24'],
    ['month', '2026-11-21', '2026-11-01'],
    ['year', '2026-11-21', '2026-01-01'],
  ] as const)('of %s that ends on %s begins on %s', (preset, today, from) => {
    expect(datesOf(preset, today)).toEqual({ from, to: today })
  })
})

describe('rows', () => {
  const rows = [
    { name: 'b', cost: '9.0000' },
    { name: 'a', cost: '100.0000' },
    { name: 'c', cost: null },
  ]
  const order = (sort: string) => sortRows(rows, sort, ({ name }) => String(name)).map(({ name }) => name)

  test.each([
    ['-cost', ['a', 'b', 'c']],
    ['cost', ['b', 'a', 'c']],
    ['label', ['a', 'b', 'c']],
    ['-label', ['c', 'b', 'a']],
  ])('sorted by %s stand in order, with no answer last: %j', (sort, names) => {
    expect(order(sort)).toEqual(names)
  })

  test.each([
    [['channel'], 'source'],
    [['channel', 'source'], 'campaign'],
    [['channel', 'source', 'campaign', 'content', 'term'], undefined],
    [['date'], 'channel'],
    [['date', 'channel'], 'source'],
    [['campaign'], 'content'],
  ])('of %j unfold into %s', (path, inside) => {
    expect(dimensionInside(path)).toBe(inside)
  })
})
