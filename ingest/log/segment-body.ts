import type { FileHandle } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { openFile, readAt } from './durable-file.ts'
import { row_number } from './row-number.ts'
import type { Segment } from './segment.ts'

const chunk_bytes = 1024 * 1024

/** The committed rows of a segment as they stand on the disk, without what is damaged and what ClickHouse refuses. */
export function segmentBody(segment: Segment): Readable {
  return Readable.from(chunks(segment), { objectMode: false, highWaterMark: chunk_bytes })
}

async function* chunks({ rows_file, bytes, refused, damaged }: Segment): AsyncGenerator<Buffer> {
  const handle = await openFile(rows_file, 'r')
  try {
    let from = 0
    const gaps = [...refused, ...damaged].toSorted((a, b) => a.start - b.start)
    for (const gap of [...gaps, { start: bytes, end: bytes }]) {
      // A file that ends too early throws: a body that ended neatly there would land short.
      for (let at = from; at < gap.start; at += chunk_bytes)
        yield await readAt(handle, at, Math.min(chunk_bytes, gap.start - at))
      from = gap.end
    }
  } finally {
    await handle.close()
  }
}

/** Lines of a segment that stand together, with the place of each. */
export interface Lines {
  first_row: number
  /** Where each line starts in the file, and where the last one ends. */
  offsets: number[]
  text: Buffer
}

/** Goes through the committed lines in groups of about `group_bytes`; at least one line a group. */
export async function* linesOf(
  { rows_file, bytes, damaged }: Pick<Segment, 'rows_file' | 'bytes' | 'damaged'>,
  group_bytes: number,
): AsyncGenerator<Lines> {
  const handle = await openFile(rows_file, 'r')
  try {
    let from = 0
    for (const gap of [...damaged, { start: bytes, end: bytes }]) {
      yield* linesBetween(handle, from, gap.start, group_bytes)
      from = gap.end
    }
  } finally {
    await handle.close()
  }
}

async function* linesBetween(handle: FileHandle, from: number, to: number, group_bytes: number): AsyncGenerator<Lines> {
  let first_row: number | undefined
  let rest = Buffer.alloc(0)
  for (let at = from; at < to; ) {
    const read = await readAt(handle, at, Math.min(group_bytes, to - at))
    at += read.length
    const text = Buffer.concat([rest, read])
    const end = text.lastIndexOf(0x0a) + 1
    rest = text.subarray(end)
    if (end === 0) continue
    const offsets = lineOffsets(text.subarray(0, end), at - text.length)
    // Behind a gap it is not known from counting; every line says it of itself.
    first_row ??= rowNumber(text)
    yield { first_row, offsets, text: text.subarray(0, end) }
    first_row += offsets.length - 1
  }
}

/** The number that a line of the log opens with. */
function rowNumber(line: Buffer): number {
  return Number(row_number.exec(line.toString('latin1', 0, 20))?.[1])
}

function lineOffsets(text: Buffer, base: number): number[] {
  const offsets = [base]
  for (let at = text.indexOf(0x0a); at >= 0; at = text.indexOf(0x0a, at + 1)) offsets.push(base + at + 1)
  return offsets
}
