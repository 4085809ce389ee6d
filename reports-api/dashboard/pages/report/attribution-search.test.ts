import { describe, expect, test } from 'vitest'
import { readAttribution, readTerms, sharedTerms } from './attribution-search.ts'
import { columnIds } from './columns.ts'
import { withDifferences } from './differences.ts'
import { readReportSearch } from './report-search.ts'

describe('the terms of a model in an address', () => {
  test.each([
    [undefined, undefined],
    ['linear', undefined],
    [{}, undefined],
    [{ lookback_days: 180, direct: true }, undefined],
    [
      { lookback_days: 30, direct: false },
      { lookback_days: 30, direct: false },
    ],
    [{ lookback_days: 0 }, undefined],
    [{ lookback_days: 3650 }, { lookback_days: 3650 }],
    [{ lookback_days: 3651 }, undefined],
    [{ lookback_days: 1.5 }, undefined],
    [{ half_life_days: 0.01 }, { half_life_days: 0.01 }],
    [{ half_life_days: 0.009 }, undefined],
    [{ half_life_days: '7' }, undefined],
    [{ weights: [1, 0, 3] }, { weights: [1, 0, 3] }],
    [{ weights: [1, 0, 3, 10_000] }, { weights: [1, 0, 3, 10_000] }],
    [{ weights: [0, 0, 0] }, undefined],
    [{ weights: [1, 2] }, undefined],
    [{ weights: [1, -2, 3] }, undefined],
    [{ weights: [1, 2, 10_001] }, undefined],
  ])('%j are read as %j', (raw, read) => {
    expect(readTerms(raw)).toEqual(read)
  })

  test.each([
    [null, undefined],
    [{ lookback_days: 30 }, undefined],
    [{ model: "'; DROP" }, undefined],
    [{ model: 'linear' }, { model: 'linear' }],
    [
      { model: 'time_decay', half_life_days: 3, mood: 'good' },
      { model: 'time_decay', half_life_days: 3 },
    ],
  ])('with their model %j is read as %j', (raw, read) => {
    expect(readAttribution(raw)).toEqual(read)
  })

  test('that mean nothing to another model are left behind when it is chosen', () => {
    expect(sharedTerms({ lookback_days: 30, direct: false, half_life_days: 3, weights: [1, 2, 3] })).toEqual({
      ...{ lookback_days: 30, direct: false },
    })
    expect(sharedTerms({ half_life_days: 3 })).toEqual({})
  })

  test('say what a report is compared with, and under which of the two its rows are open', () => {
    const vs = { model: 'first' }
    const open = [['channel', 'direct']]
    expect(readReportSearch({ terms: { direct: false }, vs, open, under: 'vs' })).toEqual({
      ...{ terms: { direct: false }, vs, open, under: 'vs' },
    })
    expect(readReportSearch({ open, under: 'vs' })).toEqual({ open })
  })
})

describe('a comparison', () => {
  test('has three columns for each metric that depends on the model', () => {
    expect(columnIds(true).slice(0, 4)).toEqual(['visits', 'leads', 'compare_leads', 'diff_leads'])
    expect(columnIds(false)).not.toContain('diff_leads')
  })

  test('tells by how much the second model gives more', () => {
    const row = {
      channel: 'email',
      visits: 3,
      leads: 1.1,
      compare_leads: 1.4,
      revenue: '1000000.10',
      compare_revenue: '0.05',
    }
    expect(withDifferences(row)).toEqual({ ...row, diff_leads: 0.3, diff_revenue: -1_000_000.05 })
    expect(withDifferences({ cost: null, compare_cost: null })).toMatchObject({ diff_cost: null })
  })
})
