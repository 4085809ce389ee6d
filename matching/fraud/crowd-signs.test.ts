import { describe, expect, test } from 'vitest'
import { crowdSign, withCrowdSigns } from './crowd-signs.ts'
import { fraudKeys } from './fraud-keys.ts'

const DAY = 86_400_000
const at = (day: number) => day * DAY

describe('requests of one day', () => {
  test.each([
    ['number', 4, undefined],
    ['number', 5, 0.4],
    ['number', 9, 0.4],
    ['number', 10, 0.55],
    ['number', 400, 0.7],
    ['address', 4, undefined],
    ['address', 5, 0.35],
  ])('by one %s, %i of them, weigh %j', (kind, count, weight) => {
    const [key] = fraudKeys(at(1), { [kind]: 'x' }) as [string]
    expect(crowdSign(key, (asked) => (asked === key ? count : 0))?.weight).toBe(weight)
  })

  test.each([
    // Ten a day is the least that counts, a week of seven the least that is a norm.
    [10, 1, 0.4],
    [9, 1, undefined],
    [10, 0, undefined],
    [40, 10, 0.25],
    [39, 10, undefined],
    [160, 10, 0.55],
  ])('of one placement, %i against %i a day the week before, weigh %j', (today, norm, weight) => {
    const key = (day: number) => fraudKeys(at(day), { placement: 'yandex / cpc' })[0] as string
    const counts = new Map([
      [key(20), today],
      ...Array.from({ length: 7 }, (_, back) => [key(13 + back), norm] as const),
    ])
    expect(crowdSign(key(20), (asked) => counts.get(asked) ?? 0)?.weight).toBe(weight)
  })

  test('are told without what they are counted by', () => {
    const keys = fraudKeys(at(20_000), { number: '+79261112233', address: '10.0.0.0', placement: 'a / b' })
    expect(keys).toHaveLength(3)
    expect(keys.join()).not.toMatch(/7926|10\.0\.0|a \/ b/)
    const row = { fraud_keys: keys, fraud_signs: '', fraud_score: 0 }
    const scored = withCrowdSigns(row, (key) => (key.startsWith('a') ? 7 : 0))
    expect(JSON.parse(scored.fraud_signs)).toEqual([
      { sign: 'same_address', weight: 0.35, evidence: { requests_at_least: 5, day: '2024-10-04' } },
    ])
    expect(scored.fraud_score).toBe(35)
    expect(withCrowdSigns(scored, () => 0)).toEqual(row)
  })
})
