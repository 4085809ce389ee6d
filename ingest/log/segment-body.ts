import { Readable } from 'node:stream'
import { row_number } from './row-number.ts'
import type { Piece, Segment } from './segment.ts'

const chunk_bytes = 1024 * 1024
/** Pieces below this are sent together: a system call for each would cost more than the copy. */
const small_bytes = 64 * 1024

/** The committed rows of a segment as they stand on the disk, without what is damaged and what ClickHouse refuses. */
export function segmentBody(segment: Segment): Readable {
  return Readable.from(chunks(segment), { objectMode: false, highWaterMark: chunk_bytes })
}

async function* chunks(segment: Segment): AsyncGenerator<Buffer> {
  let small: Buffer[] = []
  let waiting_bytes = 0
  for await (const pieces of segment.form.pieces(segment)) {
    for (const piece of pieces) {
      for (const bytes of withoutRefused(piece, segment)) {
        small.push(bytes)
        waiting_bytes += bytes.length
      }
      if (piece.bytes.length < small_bytes && waiting_bytes < chunk_bytes) continue
      yield* together(small)
      small = []
      waiting_bytes = 0
    }
  }
  yield* together(small)
}

function* together(buffers: Buffer[]): Generator<Buffer> {
  const [first] = buffers
  if (first) yield buffers.length === 1 ? first : Buffer.concat(buffers)
}

function* withoutRefused({ at, bytes }: Piece, { refused }: Segment): Generator<Buffer> {
  let from = at
  const to = at + bytes.length
  for (const gap of refused) {
    if (gap.end <= from || gap.start >= to) continue
    if (gap.start > from) yield bytes.subarray(from - at, gap.start - at)
    from = Math.min(gap.end, to)
  }
  if (from < to) yield bytes.subarray(from - at)
}

/** A line of a segment: the number of its row, and where it stands in the file. */
export interface Line {
  row: number
  start: number
  end: number
}

/** Lines that come one after the other. */
export interface Lines {
  lines: Line[]
  text: Buffer
  /** Where each line starts in the text, and where the last one ends. */
  offsets: number[]
}

/** Goes through the good lines in groups of about `group_bytes`; at least one line a group. */
export async function* linesOf(segment: Segment, group_bytes: number): AsyncGenerator<Lines> {
  let group = new LineGroup()
  for await (const pieces of segment.form.pieces(segment)) {
    for (const { at, bytes } of pieces) {
      for (let from = 0; from < bytes.length; from += group_bytes) {
        group.add(at + from, bytes.subarray(from, from + group_bytes))
        if (group.bytes < group_bytes) continue
        const { lines, rest } = group.take()
        group = rest
        if (lines.lines.length > 0) yield lines
      }
    }
  }
  const { lines } = group.take()
  if (lines.lines.length > 0) yield lines
}

/** Pieces of text until there are enough whole lines in them. */
class LineGroup {
  readonly #pieces: Piece[] = []
  bytes = 0

  add(at: number, bytes: Buffer): void {
    this.#pieces.push({ at, bytes })
    this.bytes += bytes.length
  }

  take(): { lines: Lines; rest: LineGroup } {
    const text = Buffer.concat(this.#pieces.map(({ bytes }) => bytes))
    const offsets = [0]
    for (let at = text.indexOf(0x0a); at >= 0; at = text.indexOf(0x0a, at + 1)) offsets.push(at + 1)
    const end = offsets.at(-1) as number
    const rest = new LineGroup()
    if (end < text.length) rest.add(this.#placeOf(end), text.subarray(end))
    const lines = offsets.slice(0, -1).map((from, index) => {
      const start = this.#placeOf(from)
      // The numbers of lines that stand together need not follow each other: what was spoilt between them is left out.
      return { row: rowNumber(text.subarray(from)), start, end: start + (offsets[index + 1] as number) - from }
    })
    return { lines: { lines, text: text.subarray(0, end), offsets }, rest }
  }

  /** Where in the file a byte of the text stands. */
  #placeOf(offset: number): number {
    let before = 0
    for (const { at, bytes } of this.#pieces) {
      if (offset < before + bytes.length) return at + offset - before
      before += bytes.length
    }
    throw new RangeError('There is no such byte in the text.')
  }
}

/** The number that a line of the log opens with. */
function rowNumber(line: Buffer): number {
  return Number(row_number.exec(line.toString('latin1', 0, 20))?.[1])
}
