import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { freshStore, truncate } from '#tests/support/fresh-store.ts'
import { Positions } from './positions.ts'

let store: Awaited<ReturnType<typeof freshStore>>

beforeAll(async () => {
  store = await freshStore()
})

afterEach(() => truncate(store, 'segments'))

afterAll(() => store.drop())

/** Every row that the steps cover, as «segment/row», in order; repeats stay. */
async function readAll(
  sizes: readonly number[],
  step_rows: number,
  landedAt = (index: number) => 2000 + index,
): Promise<{ rows: string[]; counted: number }> {
  const landed = sizes.map((rows, index) => ({
    node: 'node1',
    table: 'events',
    segment: index + 10,
    rows,
    first_received_at: 1000 + index,
    landed_at: landedAt(index),
  }))
  await store.insert('segments', landed)
  const positions = new Positions(store, step_rows)
  const rows: string[] = []
  let counted = 0
  for (let now_ms = 0; ; now_ms += 2000) {
    const step = await positions.next(now_ms)
    if (!step) return { rows, counted }
    expect(step.rows).toBeGreaterThan(0)
    counted += step.rows
    for (const portion of step.portions) {
      for (const { segment, rows: size } of landed) {
        if (segment < portion.first_segment || segment > portion.last_segment) continue
        const { from, to } = portion.rows ?? { from: 0, to: size }
        for (let row = from; row < Math.min(to, size); row++) rows.push(`${segment}/${row}`)
      }
    }
    positions.commit(step)
  }
}

describe('the positions of matching', () => {
  test('read a small segment whole that stands behind one too large for a step', async () => {
    const { rows, counted } = await readAll([5, 3, 9], 4)
    expect(new Set(rows).size).toBe(17)
    expect(rows).toHaveLength(17)
    expect(counted).toBe(17)
  })

  test('skip nothing when more segments wait than are asked for at once, and the clock was set back meanwhile', async () => {
    const { rows, counted } = await readAll(
      Array.from({ length: 2_500 }, () => 1),
      900,
      (index) => 100_000 - index,
    )
    expect(new Set(rows).size).toBe(2_500)
    expect(counted).toBe(2_500)
  })

  test('take in the first segment of a new log or table as soon as it has landed', async () => {
    const segment = (node: string, table: string) =>
      store.insert('segments', [{ node, table, segment: 7, rows: 1, first_received_at: 1000, landed_at: 2000 }])
    const positions = new Positions(store, 100)
    const next = async () => {
      const step = await positions.next(0)
      if (step) positions.commit(step)
      return step?.reached
    }
    await segment('node1', 'events')
    expect(await next()).toEqual([{ node: 'node1', table: 'events', segment: 7 }])
    expect(await next()).toBeUndefined()
    await segment('node1', 'deals')
    expect(await next()).toEqual([{ node: 'node1', table: 'deals', segment: 7 }])
    await segment('node2', 'events')
    expect(await next()).toEqual([{ node: 'node2', table: 'events', segment: 7 }])
    expect(await next()).toBeUndefined()
  })

  test('end a full step before events, and not between them and what landed with them', async () => {
    const landed = (table: string, segment: number, rows: number, landed_at: number) => ({
      ...{ node: 'node1', table, segment, rows, landed_at, first_received_at: 1000 },
    })
    await store.insert('segments', [
      landed('events', 1, 8, 1),
      landed('leases', 1, 1, 2),
      landed('events', 2, 8, 3),
      landed('leases', 2, 1, 4),
      landed('leases', 3, 1, 5),
      // A fourth more than a step has is enough.
      landed('leases', 4, 1, 6),
    ])
    const positions = new Positions(store, 8)
    const reached: string[][] = []
    for (let step = await positions.next(0); step; step = await positions.next(0)) {
      reached.push(step.reached.map(({ table, segment }) => `${table} ${segment}`))
      positions.commit(step)
    }
    expect(reached).toEqual([['events 1', 'leases 1'], ['events 2', 'leases 3'], ['leases 4']])
  })

  test('read every row once, whatever the sizes of segments and steps', async () => {
    let runs = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 10 }),
        async (sizes, step_rows) => {
          await truncate(store, 'segments')
          const { rows, counted } = await readAll(sizes, step_rows)
          const expected = sizes.flatMap((size, index) =>
            Array.from({ length: size }, (_, row) => `${index + 10}/${row}`),
          )
          expect(rows.toSorted()).toEqual(expected.toSorted())
          expect(counted).toBe(expected.length)
          runs++
        },
      ),
      { numRuns: 25 },
    )
    expect(runs).toBe(25)
  })
})
