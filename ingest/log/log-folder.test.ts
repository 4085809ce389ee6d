import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openCheckpoint } from './checkpoint.ts'
import { lockFolder } from './lock-folder.ts'
import { nodeName } from './node-name.ts'
import { freshFolder } from './open-test-log.ts'

let dir: string
let remove: () => Promise<void>

beforeEach(async () => {
  ;({ dir, remove } = await freshFolder())
})
afterEach(() => remove())

describe('a log folder', () => {
  test('lets one in at a time', async () => {
    const lock = await lockFolder(dir, { wait_ms: 0 })
    await expect(lockFolder(dir, { wait_ms: 0 })).rejects.toThrow('in use by another process')
    const next = lockFolder(dir, { wait_ms: 5_000 })
    await lock.release()
    await (await next).release()
  })
  test('keeps its node name', async () => {
    const node = await nodeName(dir)
    expect(node).toMatch(/^[a-z0-9]{12}$/)
    expect(await nodeName(dir)).toBe(node)
  })
  test('gets another node name when it is a copy', async () => {
    const node = await nodeName(dir)
    const copy = join(dir, 'copy')
    await cp(join(dir, 'node'), join(copy, 'node'))
    const other = await nodeName(copy)
    expect(other).not.toBe(node)
    expect(await nodeName(copy)).toBe(other)
  })
})

describe('a checkpoint', () => {
  test('has what was saved last', async () => {
    const path = join(dir, 'checkpoint')
    const first = await openCheckpoint(path)
    for (const segment of [1, 2, 3]) {
      first.last.events = segment
      await first.save()
    }
    first.landed.events = 3
    await Promise.all([first.save(), first.save(), first.save()])
    await first.close()
    const { last, landed, close } = await openCheckpoint(path)
    await close()
    expect({ last, landed }).toEqual({ last: { events: 3 }, landed: { events: 3 } })
  })
  test('has the save before when the last one is torn or spoilt at any byte', async () => {
    const path = join(dir, 'checkpoint')
    const first = await openCheckpoint(path)
    for (const segment of [1, 2, 3]) {
      first.last.events = segment
      await first.save()
    }
    await first.close()
    const whole = await readFile(path)
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), async (at) => {
        const bytes = Buffer.from(whole)
        bytes[at] = (bytes[at] as number) ^ 0xff
        await writeFile(path, bytes)
        const { last, close } = await openCheckpoint(path)
        await close()
        expect([2, 3]).toContain(last.events)
      }),
      { numRuns: 60 },
    )
  })
})
