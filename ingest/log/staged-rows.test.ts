import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toByteText } from '#domain/byte-text.ts'
import { row_number } from './row-number.ts'
import { StagedRows } from './staged-rows.ts'

describe('rows that wait for the disk', () => {
  test('come out once each, in their order and numbered, however they come, go, fail and are given back', () => {
    let taken_in_all = 0
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 60 }), (steps) => {
        const staged = new StagedRows<string>(SLAB_BYTES)
        let expected: { owner: string; row: string }[] = []
        const held: (() => void)[] = []
        for (const [index, step] of steps.entries()) {
          if (step.kind === 'add') {
            const owner = `call ${index}`
            staged.add(step.rows.map(toByteText), owner)
            expected.push(...step.rows.map((row) => ({ owner, row })))
          } else if (step.kind === 'drop') {
            const gone = new Set(expected.slice(0, step.rows).map(({ owner }) => owner))
            staged.drop(gone)
            expected = expected.filter(({ owner }) => !gone.has(owner))
          } else if (step.kind === 'release') {
            held.shift()?.()
          } else if (!staged.isEmpty) {
            const { data, rows, parts, release } = staged.take(step.first_row, step.rows_max, step.bytes_max)
            held.push(release)
            const now = expected.splice(0, rows)
            expect(rows).toBeGreaterThan(0)
            expect(rows).toBeLessThanOrEqual(step.rows_max)
            if (rows > 1) expect(data.length).toBeLessThanOrEqual(step.bytes_max)
            expect(data.toString()).toBe(
              now.map(({ row }, at) => `[${String(step.first_row + at).padStart(6)},${row}\n`).join(''),
            )
            expect(parts.flatMap(({ owner, rows }) => Array(rows).fill(owner))).toEqual(now.map(({ owner }) => owner))
            taken_in_all += rows
          }
          expect(staged.isEmpty).toBe(expected.length === 0)
        }
      }),
      { numRuns: 500 },
    )
    expect(taken_in_all).toBeGreaterThan(300)
  })

  test('are not written over while the disk still reads them', () => {
    const staged = new StagedRows<string>(SLAB_BYTES)
    staged.add([toByteText('first]')], 'a')
    const first = staged.take(0, 10, 1000)
    for (let i = 0; i < 50; i++) {
      staged.add([toByteText('x'.repeat(i % 2 ? 30 : SLAB_BYTES))], 'b')
      staged.take(0, 10, 1000).release()
    }
    expect(first.data.toString()).toBe('[     0,first]\n')
  })

  test('bear their number where a reader finds it, with blanks before it or, as in earlier logs, without', () => {
    expect(row_number.exec('[     7,"a"]')?.[1]).toBe('7')
    expect(row_number.exec('[199999,"a"]')?.[1]).toBe('199999')
    expect(row_number.exec('[7,"a"]')?.[1]).toBe('7')
    expect(row_number.exec('["7",1]')).toBeNull()
  })
})

// Some of the rows below are longer.
const SLAB_BYTES = 120

const anyRow = fc.string({ unit: 'grapheme', maxLength: 60 }).map((text) => JSON.stringify(text).slice(0, 60))
const anyStep = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('add' as const), rows: fc.array(anyRow, { minLength: 1, maxLength: 9 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('take' as const),
      first_row: fc.nat(199_999),
      rows_max: fc.integer({ min: 1, max: 12 }),
      bytes_max: fc.integer({ min: 1, max: 200 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('release' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('drop' as const), rows: fc.nat(4) }) },
)
