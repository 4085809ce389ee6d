import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { anyFault, type Fault, type FaultyProxy, startFaultyProxy } from '../support/faulty-proxy.ts'
import { type OwnEngine, startOwnEngine } from '../support/own-engine.ts'
import { seededRandom } from '../support/random.ts'
import { type LogUnderFire, openLogUnderFire } from './log-under-fire.ts'

let own: OwnEngine
let proxy: FaultyProxy
let fire: LogUnderFire

beforeAll(async () => {
  own = await startOwnEngine()
})
afterAll(() => own?.stop())
beforeEach(async () => {
  proxy = await startFaultyProxy(own.engine.url)
  fire = await openLogUnderFire(own, { url: proxy.url, request_timeout_ms: 700 })
})
afterEach(async () => {
  proxy.heal()
  await fire.close()
  await proxy.stop()
})

const isInsert = (sql: string) => sql.startsWith('INSERT INTO events')

/** The fault meets the first inserts of segments, then everything goes through. */
function breakInserts(fault: Fault, times: number): void {
  let left = times
  proxy.decide(({ sql }) => (isInsert(sql) && left-- > 0 ? fault : { kind: 'none' }))
}

describe('what the log accepted is there once when', () => {
  test.each<[string, Fault]>([
    ['ClickHouse refuses connections', { kind: 'refuse' }],
    ['ClickHouse takes the insert and says nothing', { kind: 'silence' }],
    ['ClickHouse is slow', { kind: 'delay', wait_ms: 300 }],
    ['the insert is cut off after its first byte', { kind: 'cut_request', after_bytes: 1 }],
    ['the insert is cut off in the middle', { kind: 'cut_request', after_bytes: 5_000 }],
    ['ClickHouse sees half an insert and complains', { kind: 'half_cut', after_bytes: 5_000 }],
    ['the insert commits and its answer is lost', { kind: 'swallow_answer' }],
    ['the answer breaks off', { kind: 'cut_answer' }],
    ['ClickHouse answers an error without having done anything', { kind: 'error', is_done: false, status: 500 }],
    ['ClickHouse answers an error and has done it', { kind: 'error', is_done: true, status: 500 }],
    ['an error comes after a 200', { kind: 'error', is_done: false, status: 200 }],
    ['an insert whose client is long gone arrives after the repeat', { kind: 'late', wait_ms: 1_500 }],
  ])('%s', async (_, fault) => {
    breakInserts(fault, 3)
    for (const part of ['a', 'b']) await fire.append(...Array.from({ length: 30 }, (_, i) => `${part}${i}`))
    await fire.log.drained()
    await proxy.settled()
    expect(proxy.counts.get(fault.kind)).toBeGreaterThan(0)
    await fire.expectEachOnce()
  })

  test('the answer to the naming of a segment is an error after a 200', async () => {
    let left = 2
    const fault: Fault = { kind: 'error', is_done: false, status: 200 }
    proxy.decide(({ sql }) => (sql.startsWith('INSERT INTO segments') && left-- > 0 ? fault : { kind: 'none' }))
    await fire.append('a', 'b')
    await fire.expectEachOnce()
    expect(left).toBeLessThan(2)
  })
})

const FAULTS = 14

test.each([1, 2])('nothing is lost or doubled under random faults of the network (seed %i)', async (seed) => {
  const random = seededRandom(seed)
  let faults = 0
  proxy.decide(() => {
    if (faults >= FAULTS || random.chance(0.5)) return { kind: 'none' }
    faults++
    return anyFault(random)
  })
  for (let i = 0; faults < FAULTS; i++) {
    await fire.append(...Array.from({ length: random.whole(1, 60) }, (_, k) => `r${seed}-${i}-${k}`))
    await pause(random.whole(0, 150))
  }
  proxy.heal()
  await proxy.settled()
  await fire.expectEachOnce()
})
