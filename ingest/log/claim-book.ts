import type { Position } from '#domain/position.ts'
import type { FactTable } from '#storage/fact-tables.ts'
import { type FromClaimBook, type ToClaimBook, verdict } from './claim-messages.ts'
import type { RepeatWindow } from './repeat-window.ts'

/** Decides for all workers which of them writes an id. A worker is known by its slot: the number of its log folder. */
export interface ClaimBook {
  /** Takes what the worker of a slot says, in the order in which it said it. */
  take(slot: number, message: ToClaimBook): void
  /** The worker is gone, and all it had said was taken. What it was writing is decided once its log is read again. */
  left(slot: number): void
  /** The log of the slot cannot be read: others go on without it. A repeat of what only stands there is written again. */
  unreadable(slot: number): void
}

export interface ClaimBookOptions {
  window: Pick<RepeatWindow, 'has' | 'add'>
  /** Slots whose logs may hold ids that the window lacks. Until all have been read, nobody may write. */
  unread: Iterable<number>
  /** Of logs that were read before the workers came: the rows that these have ever taken are reached with it. */
  reached?: readonly Position[]
  tell(slot: number, message: FromClaimBook): void
}

interface Waiter {
  slot: number
  table: FactTable
  batch: number
  place: number
}

/** An id that is being written. */
interface Claim {
  slot: number
  /** Its writer died: whether the row is there is not known before the log has been read. */
  isOrphan: boolean
  high: number
  low: number
  waiters: Waiter[]
}

type Asked = ToClaimBook & { say: 'claim' }

export function openClaimBook({ window, unread, reached = [], tell }: ClaimBookOptions): ClaimBook {
  const claims = new Map<string, Claim>()
  const unreadSlots = new Set(unread)
  const held: { slot: number; asked: Asked }[] = []
  const lastSegments = openLastSegments(reached)

  function answer(slot: number, { batch, table, hashes }: Asked): void {
    const verdicts = new Uint8Array(hashes.length / 2)
    let knowsAny = false
    for (let place = 0; place < verdicts.length; place++) {
      const [high, low] = [hashes[place * 2] as number, hashes[place * 2 + 1] as number]
      verdicts[place] = claim({ slot, table, batch, place }, high, low)
      knowsAny ||= verdicts[place] === verdict.known
    }
    tell(slot, { say: 'claimed', batch, verdicts, position: knowsAny ? lastSegments.position(table) : [] })
  }
  function claim(asker: Waiter, high: number, low: number): number {
    const writing = claims.get(keyOf(high, low))
    if (writing) {
      writing.waiters.push(asker)
      return verdict.wait
    }
    if (window.has(high, low)) return verdict.known
    claims.set(keyOf(high, low), { slot: asker.slot, isOrphan: false, high, low, waiters: [] })
    return verdict.write
  }
  function settle(key: string, { waiters }: Claim): void {
    claims.delete(key)
    for (const { slot, table, batch, place } of waiters)
      tell(slot, { say: 'decided', batch, place, isNew: false, position: lastSegments.position(table) })
  }
  /** The first of those who wait writes it. */
  function passOn(key: string, writing: Claim): void {
    const next = writing.waiters.shift()
    if (!next) return void claims.delete(key)
    writing.slot = next.slot
    writing.isOrphan = false
    tell(next.slot, { say: 'decided', batch: next.batch, place: next.place, isNew: true, position: [] })
  }
  /** The log of the slot has been read: what its last worker was writing is in the window, or was never written. */
  function decideOrphans(slot: number): void {
    for (const [key, writing] of [...claims]) {
      if (writing.slot !== slot || !writing.isOrphan) continue
      if (window.has(writing.high, writing.low)) settle(key, writing)
      else passOn(key, writing)
    }
    unreadSlots.delete(slot)
    if (unreadSlots.size === 0) for (const waiting of held.splice(0)) answer(waiting.slot, waiting.asked)
  }

  function synced({ node, table, segment, hashes }: ToClaimBook & { say: 'synced' }): void {
    window.add(hashes)
    lastSegments.note([{ node, segments: { [table]: segment } }])
    eachHash(hashes, (key) => {
      const writing = claims.get(key)
      if (writing) settle(key, writing)
    })
  }

  return {
    take(slot, message) {
      if (message.say === 'claim' && unreadSlots.size > 0) held.push({ slot, asked: message })
      else if (message.say === 'claim') answer(slot, message)
      else if (message.say === 'synced') synced(message)
      else if (message.say === 'failed') {
        eachHash(message.hashes, (key) => {
          const writing = claims.get(key)
          if (writing?.slot === slot && !writing.isOrphan) passOn(key, writing)
        })
      } else if (message.say === 'recovered') window.add(message.hashes)
      else if (message.say === 'opened') lastSegments.note(message.reached)
      else decideOrphans(slot)
    },
    left(slot) {
      for (const writing of claims.values()) {
        if (writing.slot === slot) writing.isOrphan = true
        writing.waiters = writing.waiters.filter((waiter) => waiter.slot !== slot)
      }
      held.splice(0, held.length, ...held.filter((waiting) => waiting.slot !== slot))
    },
    unreadable: decideOrphans,
  }
}

/** The greatest segment of each table that every log is known to have reached. */
function openLastSegments(before: readonly Position[]) {
  const nodes = new Map<string, Record<string, number>>()
  function note(reached: Position): void {
    for (const { node, segments } of reached) {
      const known = nodes.get(node) ?? {}
      nodes.set(node, known)
      for (const [table, segment] of Object.entries(segments)) known[table] = Math.max(segment, known[table] ?? 0)
    }
  }
  for (const position of before) note(position)
  return {
    note,
    /** Whatever log holds a row that is known: it has been reached with this. */
    position(table: FactTable): Position {
      return [...nodes].flatMap(([node, { [table]: segment }]) =>
        segment === undefined ? [] : [{ node, segments: { [table]: segment } }],
      )
    },
  }
}

function eachHash(hashes: Uint32Array, act: (key: string) => void): void {
  for (let i = 0; i < hashes.length; i += 2) act(keyOf(hashes[i] as number, hashes[i + 1] as number))
}

/** Both halves in full: a number holds only 53 of the 64 bits. */
function keyOf(high: number, low: number): string {
  return `${high} ${low}`
}
