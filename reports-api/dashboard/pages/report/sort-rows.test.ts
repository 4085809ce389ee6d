import { describe, expect, test } from 'vitest'
import { sortRows } from './sort-rows.ts'

const rows = [
  { name: 'a', revenue: '0.00', visits: 1 },
  { name: 'b', revenue: null, visits: 90 },
  { name: 'c', revenue: '0.00', visits: 40 },
  { name: 'd', revenue: '12.50', visits: 2 },
]
const sorted = (sort: string) => sortRows(rows, sort, ({ name }) => String(name)).map(({ name }) => name)

describe('rows of the report', () => {
  test.each([
    ['-revenue', ['d', 'c', 'a', 'b']],
    ['revenue', ['c', 'a', 'd', 'b']],
    ['label', ['a', 'b', 'c', 'd']],
    ['-label', ['d', 'c', 'b', 'a']],
  ])('sorted by %s put the more visited first among equals, and no answer last', (sort, names) => {
    expect(sorted(sort)).toEqual(names)
  })
})
