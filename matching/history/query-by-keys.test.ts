import { afterAll, beforeAll, expect, test } from 'vitest'
import { freshStore } from '#tests/support/fresh-store.ts'
import { queryByKeys, splitKeys } from './query-by-keys.ts'

let store: Awaited<ReturnType<typeof freshStore>>
beforeAll(async () => {
  store = await freshStore()
})
afterAll(() => store.drop())

test('more keys than one request can carry are asked for in pieces, each once', async () => {
  const keys = Array.from({ length: 6_000 }, (_, index) => `0190e1a2-3b4c-7d5e-8f60-'"\\ключ${index}`)
  expect(splitKeys(keys).length).toBeGreaterThan(1)
  const rows = await queryByKeys<{ key: string }>(store, 'SELECT arrayJoin({keys:Array(String)}) AS key', {}, [
    ...keys,
    ...keys,
  ])
  expect(rows.map(({ key }) => key).sort()).toEqual(keys.toSorted())
})

test('no keys are no question', async () => {
  expect(await queryByKeys(store, 'not even SQL', {}, [])).toEqual([])
})
