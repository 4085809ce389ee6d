import { describe, expect, test } from 'vitest'
import type { Operation } from '../../api/operation.ts'
import { judge, standingStill, verdict } from './judge.ts'

const well: Operation = {
  ...{ version: '1', started_at: '', now: '', clickhouse: { up: true, trouble: null } },
  log: { bytes: 10, quota_bytes: 100, age_ms: 900, segments_waiting: 1, last_flush_error: null, full: false },
  disk: { free_bytes: 1000, min_free_bytes: 100 },
  facts: { accepted: 0, refused: [] },
  intake_troubles: [],
  quarantine: { rows: 0, tables: [] },
  matching: { running: true, last_error: null, lag_ms: 800, positions: [], processes: [] },
}
const log = (said: Partial<Operation['log']>) => ({ ...well, log: { ...well.log, ...said } })
const matching = (said: Partial<NonNullable<Operation['matching']>>) => ({
  ...well,
  matching: { ...(well.matching as NonNullable<Operation['matching']>), ...said },
})

describe('the status page', () => {
  test.each([
    ['a service that is well', well, []],
    ['a full log', log({ full: true }), ['intake bad']],
    ['a worker that does not answer', { ...well, intake_troubles: ['Worker 2'] }, ['intake warn']],
    ['ClickHouse away', { ...well, clickhouse: { up: false, trouble: 'x' } }, ['clickhouse warn']],
    ['a fact that waits for two minutes', log({ age_ms: 120_000 }), ['age warn']],
    ['a log more than half full', log({ bytes: 51 }), ['size warn']],
    ['a flush that failed', log({ last_flush_error: 'ECONNREFUSED' }), ['flush warn']],
    ['a disk that is nearly low', { ...well, disk: { free_bytes: 150, min_free_bytes: 100 } }, ['disk warn']],
    ['a disk that is low', { ...well, disk: { free_bytes: 99, min_free_bytes: 100 } }, ['disk bad']],
    ['matching that has ended', matching({ running: false }), ['history warn']],
    ['matching that fails', matching({ last_error: '241' }), ['history warn']],
    ['history two minutes behind', matching({ lag_ms: 120_000 }), ['history warn']],
    ['rows in quarantine', { ...well, quarantine: { rows: 1, tables: [] } }, ['quarantine warn']],
    ['history that cannot be asked for', matching({ lag_ms: null }), ['history unknown']],
    [
      'what is not known',
      { ...well, disk: null, quarantine: null, matching: null },
      ['disk unknown', 'history unknown', 'quarantine unknown'],
    ],
  ])('judges %s', (_, operation, expected) => {
    const levels = judge(operation)
    const raised = Object.entries(levels).filter(([, level]) => level !== 'good')
    expect(raised.map(([item, level]) => `${item} ${level}`)).toEqual(expected)
    const worst = ['bad', 'warn'].find((level) => expected.some((one) => one.endsWith(level)))
    expect(verdict(levels)).toBe(worst ?? 'good')
  })

  test('names the processes of matching that stand still beside others', () => {
    const processes = [1, 2, 3].map((number) => ({ share: `${number} of 3`, running: number === 2, last_error: null }))
    expect(standingStill(matching({ running: false, processes }).matching)).toEqual(['1/3', '3/3'])
    const none = processes.map((one) => ({ ...one, running: false }))
    expect(standingStill(matching({ running: false, processes: none }).matching)).toEqual([])
    expect(standingStill(well.matching)).toEqual([])
    expect(standingStill(null)).toEqual([])
  })
})
