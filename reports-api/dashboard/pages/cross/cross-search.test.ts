import { describe, expect, test } from 'vitest'
import { readCrossSearch } from './cross-search.ts'
import { heatOf } from './heat.ts'

describe('the address of the page of cross-sales', () => {
  test.each([
    [{}, {}],
    [{ kind: 'associated', by: 'channel', metric: 'leads', range: '30d' }, {}],
    [{ kind: 'cannibalisation', by: 'source', metric: 'deals' }, { kind: 'cannibalisation' }],
    [
      { by: 'campaign', metric: 'revenue', model: 'first', terms: { direct: false } },
      { by: 'campaign', metric: 'revenue', model: 'first', terms: { direct: false } },
    ],
    [{ by: "'; DROP", metric: 'visits', kind: 'friendship' }, {}],
    [{ cell: ['email', 'direct'] }, { cell: ['email', 'direct'] }],
    [{ cell: ['email', null] }, { cell: ['email', null] }],
    [{ cell: [null, 'email'] }, {}],
    [{ cell: ['email'] }, {}],
    [{ site: 'shop', open: [['channel', 'direct']], vs: { model: 'first' } }, { site: 'shop' }],
  ])('%j is read as %j', (raw, read) => {
    expect(readCrossSearch(raw)).toEqual(read)
  })
})

describe('the heat of a cell', () => {
  const cell = (row: string, column: string, leads: number) => ({
    ...{ row, column, values: { leads }, share_of_row: {}, share_of_column: {} },
  })

  test('grows with the root of its part of the greatest; what a row has of its own is cold, and sets no scale', () => {
    const cells = [
      cell('a', 'a', 1000),
      cell('a', 'b', 100),
      cell('b', 'a', 25),
      cell('b', 'c', 0.01),
      cell('c', 'b', 0),
    ]
    expect(cells.map(heatOf(cells, 'leads'))).toEqual([0, 100, 50, 6, 0])
  })

  test('is nothing where there is nothing', () => {
    const cells = [cell('a', 'b', 0), cell('a', 'c', -5)]
    expect(cells.map(heatOf(cells, 'leads'))).toEqual([0, 0])
  })
})
