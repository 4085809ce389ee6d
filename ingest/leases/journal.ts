import { constants } from 'node:fs'
import { copyFile, type FileHandle, mkdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { crc32 } from 'node:zlib'
import { type OpenFile, openFile, syncFolder, writeAt } from '#ingest/log/durable-file.ts'
import { Failure } from '#shell/failure.ts'

/** What happened to keyed records, on disk: the last line of a key counts. */
export interface Journal<Entry> {
  /** The newest record of each key, as the last process left them. */
  recovered: Entry[]
  /**
   * Resolves when the lines are synced; lines that wait for the same sync share it. A disk that is full or broken rejects
   * with the Failure `log_full`, and what it took of the lines is cut off.
   */
  append(records: readonly Entry[]): Promise<void>
  /** Resolves when the file holds nothing but `everything`, and what was appended since. */
  compact(): Promise<void>
  close(): Promise<void>
}

export interface JournalOptions<Entry> {
  path: string
  /** The record of a line, or undefined when it is none. */
  read(line: unknown): Entry | undefined
  /** Everything worth keeping, for the next compact file. */
  everything(): Iterable<Entry>
  key(record: Entry): string
  /** Told when lines could not be written, or the file not be made compact. */
  onFault(error: unknown): void
  /** Told how many whole lines were spoilt on the disk; the file as it was found is kept as `{path}.damaged`. */
  onSpoilt(lines: number): void
  open?: OpenFile
}

/** Each write goes to the end, wherever a failed one has left it. */
const CREATE_APPENDED = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_APPEND
const RETRY_AFTER_S = 5
const LINES_BEFORE_COMPACT = 20_000

/**
 * Opens a journal beside the log. Leases have one of their own, because rows leave the log once ClickHouse has them, and
 * a restart must know who holds what while ClickHouse is away.
 */
export async function openJournal<Entry>(options: JournalOptions<Entry>): Promise<Journal<Entry>> {
  const { path, everything, onFault, onSpoilt, open = openFile } = options
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const { recovered, spoilt } = await readRecords(options)
  if (spoilt > 0) {
    onSpoilt(spoilt)
    await copyFile(path, `${path}.damaged`).catch(onFault)
  }
  let file = await rewrite(path, recovered, open).catch((error: unknown) => {
    // A full disk must not keep the service down: the long file holds everything, and can be written on.
    onFault(error)
    return open(path, 'a')
  })
  let bytes = (await file.stat()).size
  let lines_written = 0
  let waiting: { text: string; lines: number; resolve(): void; reject(error: unknown): void }[] = []
  let compacts: { resolve(): void; reject(error: unknown): void }[] = []
  let turn: Promise<void> | undefined

  return {
    recovered,
    append(records) {
      if (records.length === 0) return Promise.resolve()
      return new Promise((resolve, reject) => {
        waiting.push({ text: asLines(records), lines: records.length, resolve, reject })
        turn ??= work()
      })
    },
    compact() {
      return new Promise((resolve, reject) => {
        compacts.push({ resolve, reject })
        turn ??= work()
      })
    },
    async close() {
      await turn
      await file.close()
    },
  }

  async function work(): Promise<void> {
    while (waiting.length + compacts.length > 0) {
      if (waiting.length > 0) await write()
      const asked = compacts
      compacts = []
      if (asked.length === 0 && lines_written <= LINES_BEFORE_COMPACT) continue
      try {
        await compact()
        for (const { resolve } of asked) resolve()
      } catch (error) {
        onFault(error)
        for (const { reject } of asked) reject(error)
      }
    }
    // Here, and not a moment later: whoever appends in between would wait for a turn that is over.
    turn = undefined
  }

  async function write(): Promise<void> {
    const batch = waiting
    waiting = []
    for (const { lines } of batch) lines_written += lines
    const text = Buffer.from(batch.map((each) => each.text).join(''))
    try {
      await writeAt(file, text, bytes)
      await file.datasync()
      bytes += text.length
      for (const { resolve } of batch) resolve()
    } catch (error) {
      // Nobody was shown what these lines say. Where the disk refuses this too, the next line begins with a break.
      await file.truncate(bytes).catch(() => {})
      onFault(error)
      const failure = unwritten(error)
      for (const { reject } of batch) reject(failure)
    }
  }

  async function compact(): Promise<void> {
    // If this fails, the long file still holds everything; it is tried again after as many lines more.
    lines_written = 0
    const old = file
    file = await rewrite(path, everything(), open)
    bytes = (await file.stat()).size
    await old.close()
  }
}

/** Puts a compact file in place of the long one, and goes on writing to it. */
async function rewrite<Entry>(path: string, records: Iterable<Entry>, open: OpenFile): Promise<FileHandle> {
  const file = await open(`${path}.new`, CREATE_APPENDED)
  try {
    await writeAt(file, Buffer.from(asLines(records)), 0)
    await file.sync()
    await rename(`${path}.new`, path)
  } catch (error) {
    await file.close()
    // What there is of it takes room that others need.
    await rm(`${path}.new`, { force: true })
    throw error
  }
  await syncFolder(dirname(path))
  return file
}

function unwritten(cause: unknown): Failure {
  return new Failure('log_full', 'The journal of leases cannot be written.', { retry_after_s: RETRY_AFTER_S, cause })
}

function asLines<Entry>(records: Iterable<Entry>): string {
  let text = ''
  // The line break stands in front: a line that a full disk cut short must not run into the next one.
  for (const record of records) {
    const json = JSON.stringify(record)
    text += `\n${json}\t${checksum(json)}`
  }
  return text
}

async function readRecords<Entry>({
  path,
  read,
  key,
}: JournalOptions<Entry>): Promise<{ recovered: Entry[]; spoilt: number }> {
  const newest = new Map<string, Entry>()
  let spoilt = 0
  const lines = (await readIfThere(path)).split('\n')
  for (const [index, line] of lines.entries()) {
    if (line === '') continue
    const record = isWhole(line) ? read(parse(line)) : undefined
    if (record !== undefined) newest.set(key(record), record)
    // A crash tears the last line, and a full disk any; nobody was shown what stands there.
    else if (index < lines.length - 1 || /\t[0-9a-f]{8}$/.test(line)) spoilt++
  }
  return { recovered: [...newest.values()], spoilt }
}

/** Lines of earlier versions have no checksum. */
function isWhole(line: string): boolean {
  const tab = line.lastIndexOf('\t')
  return tab < 0 ? line.endsWith('}') : checksum(line.slice(0, tab)) === line.slice(tab + 1)
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, '0')
}

async function readIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line.split('\t', 1)[0] as string)
  } catch {
    return undefined
  }
}
