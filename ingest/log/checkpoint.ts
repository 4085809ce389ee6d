import type { FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { crc32 } from 'node:zlib'
import type { FactTable } from '#storage/fact-tables.ts'
import { type OpenFile, openFile, readAt, syncFolder, writeAt } from './durable-file.ts'

type Numbers = Partial<Record<FactTable, number>>

/** What must outlive the segment files. */
export interface Checkpoint {
  /** The greatest segment number ever given out. */
  last: Numbers
  /** The greatest segment that is in ClickHouse. */
  landed: Numbers
  /** Resolves when what stands in `last` and `landed` now is synced. */
  save(): Promise<void>
  close(): Promise<void>
}

const slot_bytes = 4096

/**
 * Two slots written in turn inside one file that never grows: a disk without a free byte can still take it,
 * and on such a disk removing a landed segment is the way out.
 */
export async function openCheckpoint(path: string, open: OpenFile = openFile): Promise<Checkpoint> {
  const handle = await openOrCreate(path, open)
  const slots = [await readSlot(handle, 0), await readSlot(handle, 1)]
  const newest = slots.toSorted((a, b) => (b?.turn ?? 0) - (a?.turn ?? 0))[0]
  let turn = newest?.turn ?? 0
  const last: Numbers = { ...newest?.last }
  const landed: Numbers = { ...newest?.landed }
  let writing: Promise<void> | undefined
  let waiting: Promise<void> | undefined

  async function write(): Promise<void> {
    const next = turn + 1
    await writeAt(handle, encodeSlot(JSON.stringify({ turn: next, last, landed })), (next % 2) * slot_bytes)
    await handle.datasync()
    // Only now: a write that failed is repeated in the same slot, and the good one beside it stays.
    turn = next
  }
  function start(): Promise<void> {
    waiting = undefined
    writing = write().finally(() => {
      writing = undefined
    })
    return writing
  }
  return {
    last,
    landed,
    save() {
      if (!writing) return start()
      waiting ??= writing.then(start, start)
      return waiting
    },
    async close() {
      await Promise.allSettled([writing, waiting])
      await handle.close()
    },
  }
}

async function openOrCreate(path: string, open: OpenFile): Promise<FileHandle> {
  try {
    return await open(path, 'r+')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  const handle = await open(path, 'w+')
  try {
    // Zeroes take their place on the disk now, so that no later write needs a free one.
    await writeAt(handle, Buffer.alloc(2 * slot_bytes), 0)
    await handle.sync()
    await syncFolder(dirname(path))
    return handle
  } catch (error) {
    await handle.close()
    throw error
  }
}

function encodeSlot(text: string): Buffer {
  const slot = Buffer.alloc(slot_bytes)
  const length = slot.write(text, 8)
  slot.writeUInt32LE(length, 0)
  slot.writeUInt32LE(crc32(slot.subarray(8, 8 + length)), 4)
  return slot
}

async function readSlot(
  handle: FileHandle,
  slot: number,
): Promise<{ turn: number; last: Numbers; landed: Numbers } | undefined> {
  const { size } = await handle.stat()
  if (size < (slot + 1) * slot_bytes) return undefined
  const bytes = await readAt(handle, slot * slot_bytes, slot_bytes)
  const length = bytes.readUInt32LE(0)
  if (length === 0 || length > slot_bytes - 8) return undefined
  if (crc32(bytes.subarray(8, 8 + length)) !== bytes.readUInt32LE(4)) return undefined
  return JSON.parse(bytes.toString('utf8', 8, 8 + length))
}
