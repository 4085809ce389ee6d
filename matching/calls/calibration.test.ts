import { describe, expect, test } from 'vitest'
import { judgeCalls } from '#tests/support/measures/judge-calls.ts'
import { callsOfWorld, decideWorld } from '#tests/support/world/calls-in-memory.ts'
import { simulate } from '#tests/support/world/simulate.ts'
import { easyWorld, hardWorld } from '#tests/support/world/world-options.ts'

/** How the calls of a world are decided, by leases and earlier calls. */
async function decided(options: ReturnType<typeof hardWorld>) {
  const simulation = simulate(options)
  const known = decideWorld(await callsOfWorld(simulation))
  const answers = known.map(({ call, held }) => {
    const { session = '', confidence = 0, reason = '' } = held?.best ?? {}
    return { id: call.id, session, confidence, reason }
  })
  const clocks = new Map(known.map(({ call, clock }) => [call.provider, clock.skew_ms]))
  return { ...judgeCalls(simulation.truth.calls, answers), clocks }
}

describe('calls of a simulated world', () => {
  test('inside a lease go to its visit, however far off the clocks and however few the numbers', async () => {
    const hard = await decided(hardWorld({ people: 1_500, days: 20, seed: 5 }))
    expect(hard.inLease.calls).toBeGreaterThan(200)
    expect(hard.inLease.right / hard.inLease.calls).toBeGreaterThanOrEqual(0.99)
    expect(Math.abs((hard.clocks.get('uis') ?? 0) - 10_000)).toBeLessThanOrEqual(3_000)
    expect(Math.abs((hard.clocks.get('mango') ?? 99_000) - 0)).toBeLessThanOrEqual(3_000)
  })

  test.each([
    ['a hard', hardWorld({ people: 2_000, days: 20, seed: 6 })],
    ['an easy', easyWorld({ people: 4_000, days: 20, seed: 6 })],
  ])('of %s world are right about as often as they are said to be', async (_, options) => {
    const { calibration, all } = await decided(options)
    const said = calibration.reduce((sum, bucket) => sum + bucket.said, 0) / all.matched
    const right = calibration.reduce((sum, bucket) => sum + bucket.right, 0) / all.matched
    expect(all.matched).toBeGreaterThan(300)
    expect(Math.abs(said - right)).toBeLessThan(0.04)
    const sure = calibration.filter(({ from }) => from >= 0.9)
    const [sureCalls, sureRight] = [sum(sure, 'calls'), sum(sure, 'right')]
    expect(sureCalls).toBeGreaterThan(200)
    expect(sureRight / sureCalls).toBeGreaterThan(0.93)
    // Where it is said to be less sure, it is wrong more often.
    const unsure = calibration.filter(({ from }) => from < 0.9)
    expect(sum(unsure, 'right') / sum(unsure, 'calls')).toBeLessThan(sureRight / sureCalls + 0.01)
  })
})

function sum<Name extends string>(rows: readonly Record<Name, number>[], name: Name): number {
  return rows.reduce((total, row) => total + row[name], 0)
}
