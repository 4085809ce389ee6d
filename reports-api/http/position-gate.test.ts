import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { formatPosition } from '#domain/position.ts'
import { freshStore } from '#tests/support/fresh-store.ts'
import { openPositionGate } from './position-gate.ts'
import { openReader } from './reader.ts'
import { makeTestApp } from './test-app.ts'

let store: Awaited<ReturnType<typeof freshStore>>

beforeAll(async () => {
  store = await freshStore()
})

afterAll(() => store.drop())

let version = 0
function matchingReads(node: string, table: string, segment: number): Promise<void> {
  return store.insert('matching_positions', [{ node, table, segment, version: ++version, read_at: 0 }])
}

/** A gate whose pauses do what they are told to and move the clock on. */
function makeGate(onPause: (pauses: number) => Promise<void> | void, pause_takes_ms = 50) {
  let now_ms = 0
  let pauses = 0
  let questions = 0
  const reader = openReader(() => store)
  const gate = openPositionGate({
    reader: {
      query: (sql, params) => {
        questions++
        return reader.query(sql, params)
      },
    },
    now: () => now_ms,
    pause: async () => {
      now_ms += pause_takes_ms
      await onPause(++pauses)
    },
  })
  return { gate, pauses: () => pauses, questions: () => questions }
}

const fails = () => {
  throw new Error('nothing is to be waited for')
}

describe('the wait for a position', () => {
  test('is none when history includes the write', async () => {
    await matchingReads('a1', 'events', 5)
    await makeGate(fails).gate.pass([{ node: 'a1', segments: { events: 5 } }])
    await makeGate(fails).gate.pass([{ node: 'a1', segments: { events: 4 } }])
    await makeGate(fails).gate.pass([{ node: 'a1', segments: {} }])
  })

  test('lasts until matching has read every table of the write', async () => {
    await matchingReads('a2', 'events', 1)
    const { gate, pauses } = makeGate(async (count) => {
      if (count === 2) await matchingReads('a2', 'deals', 3)
    })
    await gate.pass([{ node: 'a2', segments: { events: 1, deals: 3 } }])
    expect(pauses()).toBe(2)
  })

  test('is, for one site, for the process that has it, and without a site for all of them', async () => {
    const share = (index: number, segment: number) =>
      store.insert('matching_positions', [
        { node: 'a7', table: 'events', shares: 3, share: index, segment, version: ++version, read_at: 0 },
      ])
    const position = [{ node: 'a7', segments: { events: 5 } }]
    await share(0, 7)
    await share(1, 5)
    // The first, the second and the third process have a site each, in this order.
    await makeGate(fails).gate.pass(position, 'east')
    await makeGate(fails).gate.pass(position, 'four')
    const { gate, pauses } = makeGate(async (count) => share(2, count + 2))
    await Promise.all([gate.pass(position, 'north'), gate.pass(position)])
    expect(pauses()).toBe(3)
    // One process again: it begins where the one furthest behind had been, and nothing that was read is unread.
    await matchingReads('a7', 'events', 3)
    await makeGate(fails).gate.pass(position)
  })

  test('ends after half a minute', async () => {
    const { gate, pauses } = makeGate(() => {}, 10_000)
    await expect(gate.pass([{ node: 'a3', segments: { events: 0 } }])).rejects.toMatchObject({ code: 'history_behind' })
    expect(pauses()).toBe(3)
  })

  test('is for costs until their segment has landed, which matching has no part in', async () => {
    const { gate } = makeGate(() =>
      store.insert('segments', [
        { node: 'a4', table: 'costs', segment: 0, rows: 1, first_received_at: 0, landed_at: 0 },
      ]),
    )
    await gate.pass([{ node: 'a4', segments: { costs: 0 } }])
  })

  test('is one question for all who wait', async () => {
    const { gate, questions } = makeGate((count) => (count === 1 ? matchingReads('a5', 'events', 9) : undefined))
    await Promise.all(
      Array.from({ length: 50 }, (_, segment) => gate.pass([{ node: 'a5', segments: { events: segment % 10 } }])),
    )
    expect(questions()).toBeLessThanOrEqual(3)
  })

  test('outlives a ClickHouse that is away for a moment', async () => {
    let away = true
    const reader = openReader(() => (away ? undefined : store))
    const gate = openPositionGate({
      reader,
      now: () => 0,
      pause: async () => {
        away = false
      },
    })
    await matchingReads('a6', 'events', 0)
    await gate.pass([{ node: 'a6', segments: { events: 0 } }])
  })
})

describe('?after=', () => {
  test('is honoured by every read', async () => {
    await matchingReads('b1', 'events', 2)
    const http = await makeTestApp(() => store)
    const after = formatPosition([{ node: 'b1', segments: { events: 2 } }])
    for (const path of ['reports/registry?', 'sessions?site=shop&', 'status?site=shop&', 'sites?']) {
      const token = path.startsWith('sites') ? 'admin' : 'reports'
      expect((await http.get(`/v1/${path}after=${after}`, token)).status).toBe(200)
      for (const wrong of ['', 'B1', 'b1.events', 'b1.events-x', `b1.events-2&after=${after}`]) {
        const { status, body } = await http.get(`/v1/${path}after=${wrong}`, token)
        expect([status, body.error]).toMatchObject([400, { field: 'after' }])
      }
    }
    await http.app.close()
  })

  test('asks nothing of those who may not read', async () => {
    const http = await makeTestApp(() => store)
    expect((await http.get('/v1/sessions?site=shop&after=b9.events-2', 'ingest')).status).toBe(403)
    await http.app.close()
  })
})
