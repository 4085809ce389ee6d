import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { crc32 } from 'node:zlib'
import type { Fill, Piece } from '../identity/packed/frozen.ts'

/** To be raised when the bytes come to mean something else. */
export const FORMAT = 2

const MAGIC = Buffer.from('throughline memory snapshot\n')

/** Written together; a checksum over so many bytes takes a few milliseconds. */
const TOGETHER_BYTES = 4 * 1024 ** 2

/** The kernel's own way of writing all at once, at the end, would hold up other writers for seconds. */
const SYNC_EACH_BYTES = 64 * 1024 ** 2

/** The kernel takes no more arrays at once. */
const ARRAYS_MAX = 512

/** A head is JSON; what is longer is no head. */
const HEAD_BYTES_MAX = 512 * 1024 ** 2

/** Why a file is not taken for what it was written to be. */
export class Spoilt extends Error {}

/** A file of a head and of arrays behind it, that is being read. */
export interface OpenedFile {
  head: unknown
  bytes: number
  fill: Fill
  /** Throws unless the file was read to its end and is as it was written. */
  end(): Promise<void>
  close(): Promise<void>
}

/**
 * Writes a head and pieces to a file that no reader takes until `landFile`; each piece is free when it is written. Gives up,
 * and leaves no file, once `isOff` says so.
 */
export async function writeFile(
  path: string,
  head: object,
  { pieces, isOff }: { pieces: readonly Piece[]; isOff(): boolean },
): Promise<{ bytes: number }> {
  let freed = 0
  try {
    const file = await open(newPath(path), 'w', 0o600)
    try {
      const writer = openWriter(file)
      const text = Buffer.from(JSON.stringify(head))
      await writer.write([MAGIC, words(text.length, crc32(text)), text])
      let crc = 0
      for (const some of together(pieces, ({ bytes }) => bytes.length)) {
        if (isOff()) throw new GivenUp()
        for (const { bytes } of some) crc = checksum(bytes, crc)
        await writer.write(some.map(({ bytes }) => bytes))
        for (const { free } of some) free()
        freed += some.length
      }
      await writer.write([words(crc)])
      await file.sync()
      return { bytes: writer.written }
    } finally {
      await file.close()
    }
  } catch (error) {
    await giveUp(path)
    throw error
  } finally {
    for (const { free } of pieces.slice(freed)) free()
  }
}

/** It was no longer wanted. */
export class GivenUp extends Error {}

/** Puts what was written in the place of what was there; after a crash either the one or the other is there, whole. */
export async function landFile(path: string): Promise<void> {
  await rename(newPath(path), path)
  await syncFolder(dirname(path))
}

/** Removes what was begun to be written in the place of a file. */
export async function giveUp(path: string): Promise<void> {
  await rm(newPath(path), { force: true })
}

/** Removes files, and what was begun to be written in their place. */
export async function removeFiles(paths: readonly string[]): Promise<void> {
  for (const path of paths) for (const one of [path, newPath(path)]) await rm(one, { force: true })
  const [first] = paths
  if (first !== undefined) await syncFolder(dirname(first))
}

/** Reads the head of a file; throws `Spoilt` when it is not as it was written. */
export async function openSnapshotFile(path: string): Promise<OpenedFile> {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    const start = Buffer.alloc(MAGIC.length + 8)
    await readInto(file, [start])
    const [length, head_crc] = [start.readUInt32LE(MAGIC.length), start.readUInt32LE(MAGIC.length + 4)]
    if (!start.subarray(0, MAGIC.length).equals(MAGIC)) throw new Spoilt('it is no snapshot')
    if (length > Math.min(size, HEAD_BYTES_MAX)) throw new Spoilt('its head is torn')
    const text = Buffer.alloc(length)
    await readInto(file, [text])
    if (crc32(text) !== head_crc) throw new Spoilt('its head is spoilt')
    return { ...openReader(file, size - start.length - length - 4), head: JSON.parse(text.toString()), bytes: size }
  } catch (error) {
    await file.close()
    throw error
  }
}

function openReader(file: FileHandle, bytes: number): Omit<OpenedFile, 'head' | 'bytes'> {
  let [left, crc] = [bytes, 0]
  return {
    async fill(into) {
      const wanted = into.reduce((sum, one) => sum + one.length, 0)
      if (wanted > left) throw new Spoilt('it is shorter than its head says')
      left -= wanted
      for (const some of together(into, ({ length }) => length)) {
        await readInto(file, some)
        for (const one of some) crc = checksum(one, crc)
      }
    },
    async end() {
      if (left !== 0) throw new Spoilt('it is longer than its head says')
      const last = Buffer.alloc(4)
      await readInto(file, [last])
      if (last.readUInt32LE(0) !== crc) throw new Spoilt('a byte of it is another')
    },
    close: () => file.close(),
  }
}

function openWriter(file: FileHandle) {
  let [written, synced] = [0, 0]
  return {
    get written() {
      return written
    },
    async write(bytes: readonly Uint8Array[]): Promise<void> {
      for (const some of together(bytes, ({ length }) => length)) {
        let left = some.filter(({ length }) => length > 0)
        while (left.length > 0) {
          const { bytesWritten } = await file.writev(left, written)
          written += bytesWritten
          left = behind(left, bytesWritten)
        }
      }
      if (written - synced < SYNC_EACH_BYTES) return
      synced = written
      await file.datasync()
    },
  }
}

async function readInto(file: FileHandle, into: readonly Uint8Array[]): Promise<void> {
  let left = into.filter(({ length }) => length > 0)
  while (left.length > 0) {
    const { bytesRead } = await file.readv(left)
    if (bytesRead === 0) throw new Spoilt('it is torn')
    left = behind(left, bytesRead)
  }
}

/** Cuts a list into groups of a size that is read or written at once. */
function* together<One>(all: readonly One[], bytesOf: (one: One) => number): Generator<One[]> {
  let some: One[] = []
  let size = 0
  for (const one of all) {
    some.push(one)
    size += bytesOf(one)
    if (size < TOGETHER_BYTES && some.length < ARRAYS_MAX) continue
    yield some
    some = []
    size = 0
  }
  if (some.length > 0) yield some
}

/** What of these arrays stands behind the first bytes. */
function behind(arrays: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let done = bytes
  return arrays.flatMap((one) => {
    const skipped = Math.min(done, one.length)
    done -= skipped
    return skipped === one.length ? [] : [one.subarray(skipped)]
  })
}

/** Of no bytes at all `crc32` gives 0, whatever came before. */
function checksum(bytes: Uint8Array, before: number): number {
  return bytes.length === 0 ? before : crc32(bytes, before)
}

function words(...numbers: number[]): Buffer {
  const buffer = Buffer.alloc(numbers.length * 4)
  numbers.forEach((number, index) => {
    buffer.writeUInt32LE(number, index * 4)
  })
  return buffer
}

const BEGUN = '.new'

function newPath(path: string): string {
  return `${path}${BEGUN}`
}

/** The file that stands under this name, or is to. */
export function landedName(name: string): string {
  return name.endsWith(BEGUN) ? name.slice(0, -BEGUN.length) : name
}

/** Makes the names in a folder survive a power cut. */
async function syncFolder(dir: string): Promise<void> {
  const folder = await open(dir, 'r')
  await folder.sync().finally(() => folder.close())
}
