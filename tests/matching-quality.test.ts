import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freshStore } from './support/fresh-store.ts'
import { judgeWorld, type WorldQuality } from './support/measures/judge-world.ts'
import { printQuality } from './support/measures/print-quality.ts'
import { hardWorld } from './support/world/world-options.ts'

let store: Awaited<ReturnType<typeof freshStore>>
let world: WorldQuality
beforeAll(async () => {
  store = await freshStore()
  world = await judgeWorld(store, hardWorld({ people: 150, days: 10, seed: Number(process.env.SEED ?? 3), asking_share: 0.9 }))
  if (process.env.PRINT) process.stdout.write(printQuality(world))
})
afterAll(() => store.drop())

describe('in a small hard world', () => {
  test('x', () => {
    expect(1).toBe(1)
  })
})
