import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { simulate } from './simulate.ts'
import { hardWorld } from './world-options.ts'

function taken(seed: number) {
  const { truth, facts } = simulate(hardWorld({ people: 300, days: 15, asking_share: 0.9, seed }))
  const all = [...facts]
  return { truth, all, hash: createHash('sha256').update(JSON.stringify(all)).digest('hex') }
}

describe('a simulated world', () => {
  const world = taken(1)

  test('is the same for the same seed, and another for another', () => {
    expect(taken(1).hash).toBe(world.hash)
    expect(taken(2).hash).not.toBe(world.hash)
  })

  test('tells its facts in the order they are received', () => {
    const received = world.all.map(({ row }) => row.received_at)
    expect(received).toEqual(received.toSorted((a, b) => a - b))
    expect(received.length).toBeGreaterThan(2_000)
  })

  test('has facts of every kind, bots, late and repeated messages, and shared identifiers', () => {
    const tables = new Set(world.all.map(({ table }) => table))
    expect([...tables].sort()).toEqual(['calls', 'deals', 'events', 'leads', 'leases'])
    const calls = world.all.flatMap((one) => (one.table === 'calls' ? [one.row] : []))
    expect(new Set(calls.map(({ id }) => id)).size).toBeLessThan(calls.length)
    expect(calls.some(({ from }) => from === '')).toBe(true)
    expect(calls.some(({ direction }) => direction === 'out')).toBe(true)
    expect(world.all.some((one) => one.table === 'events' && one.row.bot === 1)).toBe(true)
    const { truth } = world
    expect([...truth.numbers.values()].filter((number) => truth.isShared(number)).length).toBeGreaterThanOrEqual(2)
    expect(new Set(truth.calls.map(({ held }) => held)).size).toBeGreaterThanOrEqual(4)
  })

  test('never lets two visits hold one number at a time', () => {
    const leases = new Map<string, { number: string; session: string; from: number; to: number }>()
    for (const one of world.all) {
      if (one.table !== 'leases' || !one.row.number) continue
      const { number, session = '', from = 0, to = 0 } = one.row
      leases.set(`${number} ${session} ${from}`, { number, session, from, to })
    }
    const sorted = [...leases.values()].toSorted((a, b) => a.number.localeCompare(b.number) || a.from - b.from)
    expect(sorted.length).toBeGreaterThan(100)
    for (const [index, { number, from }] of sorted.entries()) {
      const before = sorted[index - 1]
      if (before?.number === number) expect(from).toBeGreaterThanOrEqual(before.to)
    }
  })
})
