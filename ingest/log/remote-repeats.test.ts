import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { toByteText } from '#domain/byte-text.ts'
import type { Position } from '#domain/position.ts'
import { Failure } from '#shell/failure.ts'
import { type ClaimBook, openClaimBook } from './claim-book.ts'
import type { FromClaimBook, ToClaimBook } from './claim-messages.ts'
import { openRemoteRepeats, type RemoteRepeats } from './remote-repeats.ts'
import type { LogRepeats, Told, Written } from './repeats.ts'

/** Workers with a log each and one claim book, whose messages and disks move only when they are told to. */
class Fleet {
  readonly window = new Set<string>()
  readonly workers = new Map<number, Worker>()
  /** What stands in the log of each slot: the ids, as the rows say them. */
  readonly disks = new Map<number, { row: string; hashes: Uint32Array }[]>()
  readonly accepted: string[] = []
  readonly book: ClaimBook
  asked = 0
  settled = 0
  lost = 0

  constructor(slots: number, reached: Position[] = []) {
    const keys = (hashes: Uint32Array) =>
      Array.from({ length: hashes.length / 2 }, (_, i) => `${hashes[i * 2]} ${hashes[i * 2 + 1]}`)
    this.book = openClaimBook({
      window: {
        has: (high, low) => this.window.has(`${high} ${low}`),
        add: (hashes) => {
          for (const key of keys(hashes)) this.window.add(key)
        },
      },
      unread: Array.from({ length: slots }, (_, slot) => slot),
      reached,
      tell: (slot, message) => void this.workers.get(slot)?.inbox.push(message),
    })
    for (let slot = 0; slot < slots; slot++) this.disks.set(slot, [])
  }

  async start(slot: number): Promise<Worker> {
    const worker = new Worker(this, slot)
    this.workers.set(slot, worker)
    for (const { hashes } of this.disks.get(slot) ?? []) await worker.log.recovered(hashes)
    worker.log.opened(`n${slot}`, [{ node: `n${slot}`, segments: { events: 1 } }])
    await worker.repeats.ready()
    return worker
  }

  /** So much of what the worker had said is still heard. */
  kill(slot: number, heard: number): void {
    const worker = this.workers.get(slot)
    if (!worker) return
    for (const message of worker.outbox.slice(0, heard)) this.book.take(slot, message)
    worker.isDead = true
    this.lost += worker.waiting
    this.workers.delete(slot)
    this.book.left(slot)
  }

  /** Moves everything until nothing moves. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 3; ) {
      let moved = false
      for (const worker of this.workers.values()) moved = worker.step(() => true) || moved
      await turn()
      quiet = moved ? 0 : quiet + 1
    }
  }

  copies(): Map<string, number> {
    const counts = new Map<string, number>()
    for (const { row } of [...this.disks.values()].flat()) counts.set(row, (counts.get(row) ?? 0) + 1)
    return counts
  }
}

class Worker {
  readonly outbox: ToClaimBook[] = []
  readonly inbox: FromClaimBook[] = []
  readonly repeats: RemoteRepeats
  readonly log: LogRepeats
  readonly writes: { rows: readonly string[]; hashes: Uint32Array; told: Told }[] = []
  readonly fleet: Fleet
  readonly slot: number
  isDead = false
  waiting = 0

  constructor(fleet: Fleet, slot: number, wait_ms = 3_600_000) {
    this.fleet = fleet
    this.slot = slot
    this.repeats = openRemoteRepeats({
      key: '0f'.repeat(16),
      wait_ms,
      sync: async () => {},
      send: async (message) => void this.outbox.push(message),
    })
    this.log = this.repeats.join(() => {})
  }

  async append(ids: string[]): Promise<Written> {
    this.fleet.asked++
    this.waiting++
    try {
      const written = await this.log.write('events', ids.map(toByteText), ids, (rows, hashes, told) => {
        this.writes.push({ rows, hashes: hashes.slice(), told })
      })
      if (!this.isDead) this.fleet.accepted.push(...ids)
      return written
    } finally {
      this.waiting--
      if (!this.isDead) this.fleet.settled++
    }
  }

  hear(): boolean {
    const message = this.outbox.shift()
    if (message) this.fleet.book.take(this.slot, message)
    return message !== undefined
  }
  listen(): boolean {
    const message = this.inbox.shift()
    if (message) this.repeats.take(message)
    return message !== undefined
  }
  commit(isGood: boolean): boolean {
    const write = this.writes.shift()
    if (!write) return false
    if (isGood) {
      write.rows.forEach((row, i) => {
        this.fleet.disks.get(this.slot)?.push({ row, hashes: write.hashes.slice(i * 2, i * 2 + 2) })
      })
      this.log.synced('events', 1, write.hashes)
      write.told.synced(1)
    } else write.told.refused(new Error('The disk is full.'))
    return true
  }
  step(isGood: () => boolean): boolean {
    const moved = [this.hear(), this.listen(), this.commit(isGood())]
    return moved.includes(true)
  }
}

const slots = 3
const anyIds = fc.array(fc.integer({ min: 0, max: 6 }).map(String), { minLength: 1, maxLength: 4 })
const anySlot = fc.nat(slots - 1)
const anyAct = fc.oneof(
  { weight: 5, arbitrary: fc.record({ act: fc.constant('append' as const), slot: anySlot, ids: anyIds }) },
  { weight: 6, arbitrary: fc.record({ act: fc.constantFrom('hear' as const, 'listen' as const), slot: anySlot }) },
  { weight: 3, arbitrary: fc.record({ act: fc.constant('commit' as const), slot: anySlot, isGood: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('kill' as const), slot: anySlot, heard: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('start' as const), slot: anySlot }) },
)

describe('ids that reach several workers', () => {
  test('are written once each and nobody waits for ever, whatever fails, dies or comes late', async () => {
    let written = 0
    let died = 0
    await fc.assert(
      fc.asyncProperty(fc.array(anyAct, { minLength: 10, maxLength: 80 }), async (acts) => {
        const fleet = new Fleet(slots)
        for (let slot = 0; slot < slots; slot++) await fleet.start(slot)
        for (const act of acts) {
          const worker = fleet.workers.get(act.slot)
          if (act.act === 'start' && !worker) await fleet.start(act.slot)
          if (act.act === 'kill' && worker) {
            fleet.kill(act.slot, act.heard)
            died++
          }
          if (act.act === 'append') void worker?.append(act.ids).catch(() => {})
          if (act.act === 'hear') worker?.hear()
          if (act.act === 'listen') worker?.listen()
          if (act.act === 'commit') worker?.commit(act.isGood)
          await turn()
        }
        for (let slot = 0; slot < slots; slot++) if (!fleet.workers.has(slot)) await fleet.start(slot)
        await fleet.settle()
        const copies = fleet.copies()
        expect([...copies].filter(([, count]) => count !== 1)).toEqual([])
        expect(fleet.accepted.filter((id) => !copies.has(id))).toEqual([])
        expect(fleet.settled + fleet.lost).toBe(fleet.asked)
        written += copies.size
      }),
      { numRuns: 200 },
    )
    expect(written).toBeGreaterThan(100)
    expect(died).toBeGreaterThan(20)
  }, 60_000)

  test('stay undecided while a log of an earlier run has not been read', async () => {
    const fleet = new Fleet(2)
    const first = await fleet.start(0)
    const answered = first.append(['a'])
    await fleet.settle()
    expect(fleet.disks.get(0)).toEqual([])
    // The other log holds it already.
    const elsewhere = new Fleet(1)
    const before = await elsewhere.start(0)
    void before.append(['a'])
    await elsewhere.settle()
    fleet.disks.set(1, elsewhere.disks.get(0) ?? [])
    await fleet.start(1)
    await fleet.settle()
    expect(await answered).toEqual({
      segment: undefined,
      position: [
        { node: 'n0', segments: { events: 1 } },
        { node: 'n1', segments: { events: 1 } },
      ],
    })
    expect(fleet.copies()).toEqual(new Map([['a', 1]]))
  })

  test('are answered with a position that reaches logs of an earlier run which no worker has', async () => {
    const elsewhere = new Fleet(1)
    void (await elsewhere.start(0)).append(['a'])
    await elsewhere.settle()
    const fleet = new Fleet(1, [[{ node: 'main', segments: { events: 7, leases: 9 } }]])
    for (const key of elsewhere.window) fleet.window.add(key)
    const repeat = (await fleet.start(0)).append(['a'])
    await fleet.settle()
    expect(await repeat).toMatchObject({
      segment: undefined,
      position: [{ node: 'main', segments: { events: 7 } }, { node: 'n0' }],
    })
  })

  test('wait for the first copy, and the answer reaches the log that took it', async () => {
    const fleet = new Fleet(2)
    const [one, two] = [await fleet.start(0), await fleet.start(1)]
    await fleet.settle()
    const first = one.append(['a'])
    await turn()
    one.hear()
    one.listen()
    await turn()
    const repeat = two.append(['a', 'b'])
    await turn()
    two.step(() => true)
    await turn()
    two.step(() => true)
    await turn()
    expect(fleet.copies()).toEqual(new Map([['b', 1]]))
    await fleet.settle()
    expect(await first).toBe(1)
    expect(await repeat).toMatchObject({ segment: 1, position: [{ node: 'n0', segments: { events: 1 } }, {}] })
  })

  test('are refused, not doubled, when the first copy takes too long; and are taken later', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const fleet = new Fleet(2)
      const one = await fleet.start(0)
      const two = new Worker(fleet, 1, 10_000)
      fleet.workers.set(1, two)
      two.log.opened('n1', [])
      await two.repeats.ready()
      await fleet.settle()
      void one.append(['a']).catch(() => {})
      await turn()
      one.hear()
      one.listen()
      const repeat = two.append(['a']).catch((error: unknown) => error)
      await turn()
      two.hear()
      two.listen()
      await turn()
      vi.advanceTimersByTime(10_000)
      const refused = await repeat
      expect(refused).toBeInstanceOf(Failure)
      expect(refused).toMatchObject({ code: 'starting', status: 503, retry_after_s: 2 })
      // The first copy fails after all: the one that gave up gives the id back.
      one.commit(false)
      await fleet.settle()
      const again = one.append(['a'])
      await fleet.settle()
      expect(await again).toBe(1)
      expect(fleet.copies()).toEqual(new Map([['a', 1]]))
    } finally {
      vi.useRealTimers()
    }
  })
})
