import { afterEach, beforeEach, expect, test } from 'vitest'
import { toByteText } from '#domain/byte-text.ts'
import { openRepeats } from './claim-ids.ts'
import { freshFolder, testNow_ms } from './open-test-log.ts'
import { openRepeatWindow } from './repeat-window.ts'
import type { LogRepeats, Repeats, Told, Written } from './repeats.ts'

let remove: () => Promise<void>
let repeats: Repeats

beforeEach(async () => {
  const folder = await freshFolder()
  remove = folder.remove
  repeats = openRepeats(await openRepeatWindow({ dir: folder.dir, now: () => testNow_ms }))
})
afterEach(() => remove())

function openLog(node: string) {
  const log: LogRepeats = repeats.join(() => {})
  log.opened(node, [])
  const written: string[] = []
  return {
    written,
    /** A write that ends when it is told to. */
    begin(...ids: string[]): { answer: Promise<Written>; done(segment: number): void; fail(): void } {
      let told: Told | undefined
      const answer = log.write('events', ids.map(toByteText), ids, (rows, _hashes, writer) => {
        written.push(...rows)
        told = writer
      })
      answer.catch(() => {})
      return {
        answer,
        done: (segment) => told?.synced(segment),
        fail: () => told?.refused(new Error('The disk is full.')),
      }
    },
  }
}

const turn = () => new Promise((done) => setImmediate(done))

test('an id stays claimed while its row is being written, although the write of another in the same call has failed', async () => {
  const log = openLog('n1')
  const first = log.begin('x')
  const both = log.begin('x', 'y')
  first.fail()
  await turn()
  const copy = log.begin('y')
  await turn()
  expect(log.written).toEqual(['x', 'y'])
  both.done(2)
  await expect(both.answer).rejects.toThrow('The disk is full.')
  expect(await copy.answer).toBe(2)
})

test('who waits for a copy in another log is told where that one stands', async () => {
  const [one, two] = [openLog('n1'), openLog('n2')]
  const first = one.begin('x')
  const both = two.begin('x', 'y')
  first.done(900)
  both.done(7)
  expect(await both.answer).toEqual({ segment: 7, position: [{ node: 'n1', segments: { events: 900 } }] })
  expect(two.written).toEqual(['y'])
})

test('one who waits for two others hears once both have ended, and what failed may be written again', async () => {
  const log = openLog('n1')
  const [first, second] = [log.begin('x'), log.begin('y')]
  const both = log.begin('x', 'y')
  let isOver = false
  both.answer.catch(() => {}).finally(() => (isOver = true))
  first.fail()
  await turn()
  expect(isOver).toBe(false)
  second.done(3)
  await expect(both.answer).rejects.toThrow('The disk is full.')
  log.begin('x')
  expect(log.written).toEqual(['x', 'y', 'x'])
})

test('a write that is told twice lets go of nothing that another has claimed since', async () => {
  const log = openLog('n1')
  const first = log.begin('x')
  first.fail()
  log.begin('x')
  first.fail()
  log.begin('x')
  expect(log.written).toEqual(['x', 'x'])
})
