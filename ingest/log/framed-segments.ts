import { join } from 'node:path'
import type { FactTable } from '#storage/fact-tables.ts'
import { openFile, writeAt } from './durable-file.ts'
import {
  claimedFrame,
  encodeHead,
  encodeSpoilt,
  type Frame,
  frameAt,
  head_bytes,
  header_bytes,
  type SegmentHeader,
} from './frame.ts'
import { FrameFile, type Gap } from './frame-file.ts'
import {
  cutSegment,
  type Inspected,
  keepDamaged,
  makeSegment,
  type Piece,
  type Recovered,
  type ReportCut,
  removeSegment,
  type Segment,
  type SegmentFile,
  type SegmentForm,
} from './segment.ts'

/** Segments as this version writes them: one file, a frame for each group commit. */
export const framedSegments: SegmentForm = {
  pieces,
  check: async (dir, segment, reportCut) => (await check(dir, segment, reportCut, false)) !== 'gone',
}

export function segmentFile(dir: string, table: FactTable, segment: number): string {
  return join(dir, table, `${segment}.segment`)
}

/** Finds a segment that an earlier process left, and cuts from it what a crash left torn. */
export async function recoverFramed(
  dir: string,
  table: FactTable,
  number: number,
  { isNewest, reportCut }: { isNewest: boolean; reportCut: ReportCut },
): Promise<Recovered | undefined> {
  const path = segmentFile(dir, table, number)
  const found = await FrameFile.use(path, scan, { heads: true })
  const segment = makeSegment({
    ...(found.header ?? { node: '', opened_at_ms: 0 }),
    segment: number,
    table,
    form: framedSegments,
    files: [{ path, bytes: found.end }],
    rows: found.rows,
    bytes: found.size,
    is_recovered: true,
    is_checked: false,
    is_torn: found.size > found.end,
    spoilt_rows: found.spoilt_rows,
  })
  const cut_bytes = found.text_end - found.end
  if (cut_bytes > 0) {
    reportCut(table, number, cut_bytes)
    // Only the newest can be torn: all others were synced to their end before the next one began.
    if (!isNewest || found.isTailSpoilt) await keepDamaged(dir, segment)
  }
  if (segment.rows === 0) {
    await removeSegment(segment)
    return undefined
  }
  if (segment.is_torn) await cutSegment(segment)
  const outcome = isNewest ? await check(dir, segment, reportCut, true) : 'unread'
  if (outcome === 'gone') return undefined
  segment.is_checked = outcome !== 'unread'
  // What was mended can be read now, and its hashes with it; those of what was broken off do not count any more.
  const { hashes } = outcome === 'mended' ? await FrameFile.use(path, scan, { heads: true }) : found
  return { segment, hashes }
}

/**
 * Looks at a segment that somebody may be writing to: its last commit counts unless it was broken off, as in a start. One that
 * is all there and spoilt was accepted.
 */
export async function inspectFramed(dir: string, table: FactTable, number: number): Promise<Inspected> {
  const path = segmentFile(dir, table, number)
  return FrameFile.use(
    path,
    async (file) => {
      const { header, rows, end, last, text_end, isTailSpoilt, isHeadSpoilt } = await scan(file)
      const isTorn = last !== undefined && last.kind !== 'spoilt' && (await isBrokenOff(file, last))
      const whole = isTorn ? { rows: rows - last.rows, end: last.start } : { rows, end }
      const isLastSpoilt = !isTorn && last?.kind === 'rows' && !(await file.isSound(last))
      return {
        ...{ header, rows: whole.rows, files: [{ path, bytes: whole.end }], uncommitted_bytes: text_end - whole.end },
        is_spoilt: isTailSpoilt || isHeadSpoilt || isLastSpoilt,
      }
    },
    { heads: true },
  )
}

/** What the file of a segment says of it, without a look at the rows. */
interface Scanned {
  header: SegmentHeader | undefined
  seed: number
  rows: number
  spoilt_rows: number
  hashes: Uint32Array[]
  /** Where the last frame ends. */
  end: number
  last: Frame | undefined
  size: number
  /** Where the text behind it ends: zeros are none. A file system may leave them when the power goes. */
  text_end: number
  /** What stands behind it was accepted once: no crash leaves such a thing. */
  isTailSpoilt: boolean
  /** Between two commits stands what has no head that can be read. */
  isHeadSpoilt: boolean
}

async function scan(file: FrameFile): Promise<Scanned> {
  const opened = await file.header()
  const found: Scanned = {
    ...{ header: opened?.header, seed: opened?.seed ?? 0, rows: 0, spoilt_rows: 0, hashes: [] },
    ...{ end: Math.min(header_bytes, file.size), last: undefined, size: file.size, text_end: 0, isTailSpoilt: false },
    isHeadSpoilt: false,
  }
  if (opened) await scanFrames(file, found)
  found.text_end = Math.max(found.end, await file.endOfText(found.end))
  // Without its header nobody knows whose rows they are.
  found.isTailSpoilt = found.text_end > found.end && (!opened || (await isTailSpoilt(file, found)))
  return found
}

async function scanFrames(file: FrameFile, found: Scanned): Promise<void> {
  const end = await file.endFrame(found.seed)
  if (end && (await file.hasSoundHashes(end))) {
    Object.assign(found, { rows: end.first_row, hashes: [await file.hashesOf(end)], end: end.end, last: end })
    return
  }
  let isAfterGap = false
  for await (const frame of file.frames(found.seed, file.size)) {
    if (frame.kind === 'gap') {
      isAfterGap = true
      continue
    }
    found.isHeadSpoilt ||= isAfterGap
    if (frame.kind === 'spoilt') found.spoilt_rows += frame.rows
    if (frame.kind === 'rows') found.hashes.push(await file.hashesOf(frame))
    found.rows = frame.first_row + frame.rows - found.spoilt_rows
    found.last = frame
    found.end = frame.end
  }
}

/** Of a head that cannot be read though the disk was written there. A whole one reaches beyond the file: it is torn. */
async function isTailSpoilt(file: FrameFile, { seed, end, text_end }: Scanned): Promise<boolean> {
  if (text_end - end < head_bytes || frameAt(await file.bytes(end, head_bytes), end, seed)) return false
  // The sectors of the head speak alone: a commit that was broken off may stand behind the spoilt one.
  for (const to of [end + head_bytes, text_end]) if (!(await file.hasBlankSector(end, to))) return true
  return false
}

/** Good rows, in their order. */
async function* pieces(segment: Segment): AsyncGenerator<Piece[]> {
  const [{ path, bytes }] = segment.files as [SegmentFile]
  const { file, close } = await FrameFile.open(path)
  try {
    const opened = await file.header()
    let rows = 0
    if (opened)
      for await (const read of file.rows(opened.seed, bytes)) {
        rows += read.rows
        yield read.pieces
      }
    if (rows === segment.rows) return
    // A body that ended neatly here would land short. The next try looks what is wrong.
    segment.is_checked = false
    throw new Error('A segment of the log cannot be read to its end.')
  } finally {
    await close()
  }
}

/** What a look at every row has found. */
interface Findings {
  rows: number
  spoilt_rows: number
  /** Bytes of accepted commits that are out from now on. */
  lost_bytes: number
  /** To be written over heads that cannot be read, or whose rows cannot. */
  heads: { start: number; bytes: Buffer }[]
  /** Where the last frame ends that says what is right. */
  end: number
  /** The last commit was broken off, so nobody was told that it was taken. */
  isTorn: boolean
}

async function check(
  dir: string,
  segment: Segment,
  reportCut: ReportCut,
  mayBeTorn: boolean,
): Promise<'as it was' | 'mended' | 'gone'> {
  const [file] = segment.files as [SegmentFile]
  const found = await FrameFile.use(file.path, (frames) => look(frames, file.bytes, mayBeTorn))
  const isWhole = found.end === file.bytes && found.heads.length === 0
  if (isWhole && found.rows === segment.rows) return 'as it was'
  const lost_bytes = found.lost_bytes + file.bytes - found.end
  // What is broken off was never accepted; all else was.
  if (found.lost_bytes > 0 || (lost_bytes > 0 && !found.isTorn)) await keepDamaged(dir, segment)
  if (lost_bytes > 0) reportCut(segment.table, segment.segment, lost_bytes)
  const all_rows = segment.rows + segment.spoilt_rows
  segment.rows = found.rows
  segment.spoilt_rows = found.isTorn ? found.spoilt_rows : all_rows - found.rows
  file.bytes = found.end
  if (segment.rows === 0) {
    await removeSegment(segment)
    return 'gone'
  }
  await repair(file.path, found.heads)
  await cutSegment(segment)
  return 'mended'
}

async function look(file: FrameFile, to: number, mayBeTorn: boolean): Promise<Findings> {
  const found: Findings = { rows: 0, spoilt_rows: 0, lost_bytes: 0, heads: [], end: header_bytes, isTorn: false }
  const seed = (await file.header())?.seed
  if (seed === undefined) return found
  /** Rows up to here, spoilt ones too. */
  let all_rows = 0
  let gap: Gap | undefined
  for await (const frame of file.frames(seed, to)) {
    if (frame.kind === 'gap') {
      gap = frame
      continue
    }
    if (gap) {
      const missing_rows = Math.max(0, frame.first_row - all_rows)
      await closeGap(file, seed, { gap, first_row: all_rows, rows: missing_rows }, found)
      // It has its head now, whatever becomes of the frame behind it.
      all_rows = frame.first_row
      found.end = gap.end
      gap = undefined
    }
    // What it says is wrong once anything before it is.
    if (frame.kind === 'end' && found.heads.length > 0) break
    const isLast = mayBeTorn && frame.end === to
    if (frame.kind === 'spoilt') found.spoilt_rows += frame.rows
    else if (isLast && (await isBrokenOff(file, frame))) {
      found.isTorn = true
      break
    } else if (frame.kind === 'rows' && !(await file.isSound(frame))) leaveOut(frame, seed, found)
    else found.rows += frame.rows
    all_rows = frame.first_row + frame.rows
    found.end = frame.end
  }
  return found
}

/** A commit that the disk did not get as a whole. */
async function isBrokenOff(file: FrameFile, frame: Frame): Promise<boolean> {
  const isWhole = (await file.isSound(frame)) && (await file.hasSoundHashes(frame))
  return !isWhole && (await file.hasBlankSector(frame.start, frame.end))
}

function leaveOut(frame: Frame, seed: number, found: Findings): void {
  const { start, end, first_row, rows } = frame
  found.heads.push({ start, bytes: encodeSpoilt({ start, end }, first_row, rows, seed) })
  found.spoilt_rows += rows
  found.lost_bytes += end - start
}

/** Between two good commits. When one head alone is spoilt there, what stands around it says what it should be. */
async function closeGap(
  file: FrameFile,
  seed: number,
  { gap, first_row, rows }: { gap: Gap; first_row: number; rows: number },
  found: Findings,
): Promise<void> {
  const claimed = claimedFrame(await file.bytes(gap.start, head_bytes), gap.start)
  const text_bytes = gap.end - gap.start - head_bytes
  for (const hash_numbers of [claimed.hash_numbers, (text_bytes - claimed.data_bytes) / 4]) {
    const data_bytes = text_bytes - hash_numbers * 4
    if (!Number.isInteger(hash_numbers) || hash_numbers < 0 || data_bytes <= 0) continue
    const data_start = gap.end - data_bytes
    const frame: Frame = {
      ...claimed,
      kind: 'rows',
      first_row,
      rows,
      hash_numbers,
      data_bytes,
      data_start,
      end: gap.end,
    }
    if (!(await file.isSound(frame)) || (await file.linesOf(frame)) !== rows) continue
    found.heads.push({ start: gap.start, bytes: encodeHead(frame, gap.start, seed) })
    found.rows += rows
    return
  }
  leaveOut({ ...claimed, ...gap, kind: 'rows', first_row, rows }, seed, found)
}

/** A crash in the middle leaves what the next look repairs again. */
async function repair(path: string, heads: Findings['heads']): Promise<void> {
  const handle = await openFile(path, 'r+')
  try {
    for (const { start, bytes } of heads) await writeAt(handle, bytes, start)
    await handle.sync()
  } finally {
    await handle.close()
  }
}
