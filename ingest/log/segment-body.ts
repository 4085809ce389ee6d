import { Readable } from 'node:stream'
import { openFile, readAt } from './durable-file.ts'
import type { Segment } from './segment.ts'

const chunk_bytes = 1024 * 1024

/** The committed rows of a segment as they stand on the disk, without the lines that ClickHouse refuses. */
export function segmentBody(segment: Segment): Readable {
  return Readable.from(chunks(segment), { objectMode: false, highWaterMark: chunk_bytes })
}

async function* chunks({ rows_file, bytes, refused }: Segment): AsyncGenerator<Buffer> {
  const handle = await openFile(rows_file, 'r')
  try {
    let from = 0
    for (const gap of [...refused, { start: bytes, end: bytes }]) {
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
export async function* linesOf({ rows_file, bytes }: Segment, group_bytes: number): AsyncGenerator<Lines> {
  const handle = await openFile(rows_file, 'r')
  try {
    let first_row = 0
    let rest = Buffer.alloc(0)
    for (let at = 0; at < bytes; ) {
      const read = await readAt(handle, at, Math.min(group_bytes, bytes - at))
      at += read.length
      const text = Buffer.concat([rest, read])
      const end = text.lastIndexOf(0x0a) + 1
      rest = text.subarray(end)
      if (end === 0) continue
      const offsets = lineOffsets(text.subarray(0, end), at - text.length)
      yield { first_row, offsets, text: text.subarray(0, end) }
      first_row += offsets.length - 1
    }
  } finally {
    await handle.close()
  }
}

function lineOffsets(text: Buffer, base: number): number[] {
  const offsets = [base]
  for (let at = text.indexOf(0x0a); at >= 0; at = text.indexOf(0x0a, at + 1)) offsets.push(base + at + 1)
  return offsets
}
