import { describe, expect, test } from 'vitest'
import { factRow, MINUTE, SECOND, START_MS } from '#tests/support/matching-world.ts'
import { type ProviderClock, unknownClock } from './clock-evidence.ts'
import { type CallFacts, decideCaller } from './decide-caller.ts'
import type { Lease } from './match-call.ts'

const clocks: Record<string, ProviderClock> = {
  fast: { ...unknownClock, skew_ms: 50 * SECOND },
  slow: { ...unknownClock, skew_ms: -50 * SECOND },
}

const lease: Lease = {
  ...{ session: 's', visitor: 'v', pool: 'main' },
  ...{ from_ms: START_MS, seen_ms: START_MS + 2 * MINUTE, to_ms: START_MS + 4 * MINUTE },
}

/** A call that rang so long after the lease began, dated by the clock of its provider. */
function rung(id: string, provider: string, after_ms: number, leases: readonly Lease[]): CallFacts {
  const at = START_MS + after_ms + (clocks[provider] as ProviderClock).skew_ms
  const call = {
    ...factRow('calls', { id, at, provider, from: '+79160000001', to: '+74951110001', direction: 'in' }),
    ...{ node: 'n', segment: 0, row: 0, table: 'calls' as const },
  }
  return { call, messages: [call], heard_ms: at, came_ms: at, leases, clicks: new Map() }
}

function decide(calls: readonly CallFacts[]) {
  const caller = { phone: '+79160000001', calls: calls.map(({ call }) => call.id), browsers: [] }
  const clockOf = ({ provider }: { provider: string }) => clocks[provider] as ProviderClock
  const decided = decideCaller(calls, { caller, shown: new Map(), clockOf })
  return new Map(decided.map(({ call, held }) => [call.id, held?.best]))
}

describe('calls of one caller', () => {
  test('are decided in the order they rang, whichever provider’s clock is ahead', () => {
    // By what their providers say the second one rang before the first.
    const decided = decide([rung('first', 'fast', MINUTE, [lease]), rung('again', 'slow', 2 * MINUTE, [])])
    expect(decided.get('first')).toMatchObject({ session: 's', reason: 'number_on_screen' })
    expect(decided.get('again')).toMatchObject({ session: 's', reason: 'known_caller' })
  })

  test.each(['fast', 'slow'])('are as long apart as they were by a clock that is %s', (provider) => {
    const decided = decide([rung('first', provider, MINUTE, [lease]), rung('again', provider, 15 * MINUTE, [])])
    expect(decided.get('again')).toMatchObject({ redial_of_ms: START_MS + MINUTE })
  })

  test('do not grow surer by what was half sure itself', () => {
    // The reserve was just over.
    const decided = decide([
      rung('first', 'slow', 4 * MINUTE + 3 * SECOND, [lease]),
      rung('later', 'slow', 4320 * MINUTE, []),
    ])
    const [first, later] = [decided.get('first')?.confidence ?? 0, decided.get('later')?.confidence ?? 0]
    expect(first).toBeLessThan(0.9)
    expect(later).toBeGreaterThan(0)
    expect(later).toBeLessThanOrEqual(first)
  })
})
