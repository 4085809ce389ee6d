import { describe, expect, test } from 'vitest'
import type { TrueCall } from '../world/truth.ts'
import { judgeCalls } from './judge-calls.ts'

const call = (id: string, session: string, held: TrueCall['held']): TrueCall => ({
  ...{ id, session, held, person: 1, at_ms: 0, provider: 'mango' },
})
const answer = (id: string, session: string, confidence: number, reason = 'number_on_screen') => ({
  ...{ id, session, confidence, reason },
})

describe('the calls of an answer', () => {
  const truth = [
    call('c1', 's1', 'on_screen'),
    call('c2', 's2', 'in_reserve'),
    call('c3', 's3', 'saved'),
    call('c4', 's4', 'site_number'),
    call('c5', '', 'printed'),
  ]
  const quality = judgeCalls(truth, [
    ...[answer('c1', 's1', 0.99), answer('c2', 's9', 0.9), answer('c3', 's3.2', 0.5, 'known_caller')],
    ...[answer('c4', '', 0, 'not_tracked'), answer('c5', 's7', 0.9)],
  ])

  test('are precise by those that were given to a visit, and complete by those that came from one', () => {
    expect(quality.all).toEqual({ calls: 5, known: 4, matched: 4, right: 2 })
    expect(quality.inLease).toEqual({ calls: 2, known: 2, matched: 2, right: 1 })
  })

  test('count as right in a later piece of the visit, and as wrong where no visit showed the number', () => {
    expect(quality.byHeld.saved).toMatchObject({ matched: 1, right: 1 })
    expect(quality.byHeld.printed).toEqual({ calls: 1, known: 0, matched: 1, right: 0 })
  })

  test('are counted by how sure they were said to be, those left open aside', () => {
    const told = quality.calibration.filter(({ calls }) => calls > 0)
    expect(told).toEqual([
      { from: 0.5, calls: 1, said: 0.5, right: 1 },
      { from: 0.9, calls: 2, said: 1.8, right: 0 },
      { from: 0.98, calls: 1, said: 0.99, right: 1 },
    ])
  })

  test('that the history does not have are calls all the same', () => {
    expect(judgeCalls(truth, []).all).toEqual({ calls: 5, known: 4, matched: 0, right: 0 })
    expect(judgeCalls(truth, []).byReason).toMatchObject({ missing: { calls: 5 } })
  })
})
