import { afterEach, beforeEach, expect, test } from 'vitest'
import { freshStore } from '#tests/support/fresh-store.ts'
import { checkClocks } from './check-clocks.ts'

let store: Awaited<ReturnType<typeof freshStore>>
beforeEach(async () => {
  store = await freshStore()
})
afterEach(() => store.drop())

const clock = (provider: string, period: string, shift_ms: number) => ({
  ...{ site: 'shop', provider, period, shift_ms, skew_ms: 0, jitter_ms: 3000, calls: 40, agreeing: 37, told: 40 },
  ...{ version: 1, is_deleted: 0 },
})

test('clocks of providers that are set to another zone are named, with what bears it out', async () => {
  expect(await checkClocks(store)).toMatchObject([{ level: 'ok' }])
  await store.insert('provider_clocks', [
    ...[clock('pbx', '2026-11-12', 0), clock('pbx', '2026-11-14T09:00:00.000Z', 3.5 * 3_600_000)],
    ...[clock('mango', '2026-11-05', -3_600_000), clock('mango', '2026-11-12', 0)],
  ])
  const found = await checkClocks(store)
  expect(found).toHaveLength(1)
  expect(found[0]).toMatchObject({ level: 'warning' })
  expect(found[0]?.says).toContain('the clock of "pbx" is 3:30 hours ahead for site "shop": 37 of 40 calls')
})
