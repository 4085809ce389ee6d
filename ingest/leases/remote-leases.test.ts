import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freshStore } from '#tests/support/fresh-store.ts'
import { openTestIngest, type TestIngest } from '../http/test-ingest.ts'
import type { Leases } from './leases.ts'
import { answerLeaseQuestion, openRemoteLeases, takeLeaseNote } from './remote-leases.ts'

const sight = { source: '(direct)', channel: 'direct', landing_url: 'https://shop.example/' }
const session = (visitor: string, site = 'shop') => ({ site, visitor, session: `${visitor}-s` })

let ingest: TestIngest
let workers: [Leases, Leases]
let notes = 0

beforeAll(async () => {
  ingest = await openTestIngest(await freshStore(), {
    sites: [{}],
    pools: [{ numbers: ['+74951000001', '+74951000002'] }],
  })
  const worker = () =>
    openRemoteLeases({
      settings: ingest.settings,
      tell(note) {
        notes++
        takeLeaseNote(ingest.leases, structuredClone(note))
      },
      ask: (question) => answerLeaseQuestion(ingest.leases, structuredClone(question)),
    })
  workers = [worker(), worker()]
})
afterAll(async () => {
  for (const worker of workers) await worker.close()
  await ingest.close()
})

async function take(worker: Leases, visitor: string): Promise<string | undefined> {
  worker.notePage(session(visitor), sight)
  return (await worker.numbersFor(session(visitor), '203.0.113.7')).numbers[0]?.number
}

describe('leases of several workers', () => {
  test('are of one stock: a number has one holder, who keeps it on any worker', async () => {
    const [one, two] = workers
    const [a, b] = await Promise.all([take(one, 'a'), take(two, 'b')])
    expect([a, b].toSorted()).toEqual(['+74951000001', '+74951000002'])
    expect(await take(one, 'c')).toBeUndefined()
    // No page of theirs has come here: what the other worker was told is known.
    expect((await two.numbersFor(session('a'), '203.0.113.7')).numbers[0]?.number).toBe(a)
    expect((await one.release(session('b'))).position).toMatch(/\.leases-\d+$/)
  })

  test('cost nothing where a site has no numbers', () => {
    const before = notes
    workers[0].notePage(session('a', 'other'), sight)
    workers[0].touch(session('a', 'other'))
    expect(notes).toBe(before)
    workers[0].touch(session('a'))
    expect(notes).toBe(before + 1)
  })
})
