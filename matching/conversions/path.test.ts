import { describe, expect, test } from 'vitest'
import type { HistoryRow } from '../history/history-tables.ts'
import { pathTo, touchesOf } from './path.ts'

const visits = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ id: `s${at}`, started_at: at }) as HistoryRow<'sessions'>)
const lead = { at: 10_000, session: '' } as HistoryRow<'conversions'>

describe('the path of somebody who came very often', () => {
  test.each([
    [99, 99, 's1'],
    [100, 100, 's1'],
    [101, 100, 's2'],
    [5_000, 100, 's4901'],
  ])('of %i visits keeps %i: the first, and the newest', (count, kept, second) => {
    const path = pathTo(lead, touchesOf(visits(count).reverse(), []))
    expect(path).toHaveLength(kept)
    expect(path[0]?.session).toBe('s0')
    expect(path[1]?.session).toBe(second)
    expect(path.at(-1)?.session).toBe(`s${count - 1}`)
    expect(path.map(({ at }) => at)).toEqual(path.map(({ at }) => at).toSorted((a, b) => a - b))
  })
})
