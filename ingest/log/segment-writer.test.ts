import { mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type OpenFile, openFile } from './durable-file.ts'
import { inspectLog } from './inspect-log.ts'
import { freshFolder } from './open-test-log.ts'
import { recoverSegments } from './recover-segments.ts'
import type { Segment } from './segment.ts'
import { linesOf, segmentBody } from './segment-body.ts'
import { createSegment } from './segment-writer.ts'

let dir: string
let remove: () => Promise<void>

beforeEach(async () => {
  ;({ dir, remove } = await freshFolder())
  await mkdir(join(dir, 'events'))
})
afterEach(() => remove())

const header = { node: 'abc', segment: 1, opened_at_ms: 1000 }
const row = (number: number, text: string) => Buffer.from(`[${number},"${text}"]\n`)
const hashes = Uint32Array.of(1, 2)

/** A disk on which a file finds so much room, and takes a little with each write. */
function tightDisk(room: { bytes: number; write_bytes: number }): OpenFile {
  return async (path, flags) => {
    const handle = await openFile(path, flags)
    const write = handle.write.bind(handle) as (
      bytes: Buffer,
      offset: number,
      length: number,
      at: number,
    ) => Promise<unknown>
    const writev = async (buffers: Buffer[], position: number): Promise<unknown> => {
      const bytes = Buffer.concat(buffers)
      const length = Math.min(bytes.length, room.write_bytes, room.bytes - position)
      if (length <= 0) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
      return write(bytes, 0, length, position)
    }
    return Object.assign(handle, { writev })
  }
}

async function textOf(segment: Segment): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of segmentBody(segment)) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

async function recovered(): Promise<Segment[]> {
  return recoverSegments(dir, 'events', { reportCut: () => {}, takeHashes: () => {} })
}

describe('a commit', () => {
  test('that finds room for a part of itself goes on where it stopped, or is refused and leaves what was there', async () => {
    const room = { bytes: 8000, write_bytes: 100 }
    const { segment, commit, close } = await opened(tightDisk(room))
    let taken = 0
    const isTaken = () =>
      commit(row(taken, 'x'.repeat(500)), 1, hashes).then(
        () => true,
        () => false,
      )
    while (await isTaken()) taken++
    expect(taken).toBe(14)
    expect(segment.is_torn).toBe(true)
    await close()
    const [found] = await recovered()
    expect(found?.rows).toBe(taken)
  })
  test('is seen from outside as soon as it is in the file, with nothing behind it', async () => {
    const { segment, commit, close } = await opened()
    for (let i = 0; i < 40; i++) await commit(row(i, 'x'.repeat(500)), 1, hashes)
    const { segments } = await inspectLog(dir)
    expect(segments).toMatchObject([{ node: 'abc', rows: 40, files: segment.files, uncommitted_bytes: 0 }])
    expect((await stat(segment.files[0]?.path as string)).size).toBe(segment.bytes)
    await close()
  })
  test('that is not wholly in the file yet is not seen', async () => {
    const { segment, commit, close } = await opened()
    for (const text of ['first', 'second']) await commit(row(0, text), 1, hashes)
    const file = await openFile(segment.files[0]?.path as string, 'r+')
    await file.write(Buffer.alloc(4), 0, 4, segment.bytes - 4)
    await file.close()
    expect((await inspectLog(dir)).segments).toMatchObject([{ rows: 1, uncommitted_bytes: expect.any(Number) }])
    await close()
  })
})

describe('a body', () => {
  test('is the rows alone, the same each time, however small or large the commits are', async () => {
    const { segment, commit, close } = await opened()
    let text = ''
    for (const [index, length] of [10, 100_000, 20, 30, 2_500_000, 40, 900_000, 50].entries()) {
      const data = row(index, 'ж'.repeat(length >> 1))
      await commit(data, 1, hashes)
      text += data.toString()
    }
    await close()
    const [found] = await recovered()
    for (const one of [segment, segment, found as Segment]) expect((await textOf(one)) === text).toBe(true)
    segment.refused = []
    for await (const { lines } of linesOf(segment, 1000))
      for (const line of lines) if (line.row % 3 === 1) segment.refused.push({ ...line, reason: 'x' })
    expect(segment.refused.map((refused) => refused.row)).toEqual([1, 4, 7])
    const kept = text.split('\n').filter((line) => !/^\[[147],/.test(line))
    expect((await textOf(segment)) === kept.join('\n')).toBe(true)
  })
})

async function opened(open?: OpenFile) {
  const writer = await createSegment(dir, 'events', header, open)
  const { segment } = writer
  const commit = (data: Buffer, rows: number, of: Uint32Array) => writer.commit(data, rows, of)
  return { segment, commit, close: () => writer.close() }
}
