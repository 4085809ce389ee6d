import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { pipeline, type Readable } from 'node:stream'
import { createBrotliDecompress, createGunzip } from 'node:zlib'
import { nanoid } from 'nanoid'
import { WrongSettings } from './config.ts'

/** Lines to be imported. */
export interface ImportSource {
  /** The same for the same file, so that the same command goes on where it broke off. */
  id: string
  /** Whether it can be read again from its start. */
  is_file: boolean
  /** Of the file as it is, packed or not; 0 when nobody knows. */
  size_bytes: number
  /** The text from a line on, counted from 0. */
  read(from_line: number): Reading
}

export interface Reading {
  chunks: AsyncIterable<Buffer>
  progress: { read_bytes: number; lines: number }
}

/** A file that cannot be read to its end, or has another content than before. Trying again would not help. */
export class UnreadableSource extends Error {}

/** A file (`.gz` and `.br` are unpacked), or standard input for `-`. */
export async function openImportSource(file: string, site: string | undefined): Promise<ImportSource> {
  if (file === '-') {
    return {
      id: `stdin-${nanoid(12).replaceAll(/[^A-Za-z0-9]/g, '0')}`,
      is_file: false,
      size_bytes: 0,
      read: (from_line) => readFrom(process.stdin, undefined, from_line),
    }
  }
  const { id, size_bytes } = await lookAt(file, site)
  return { id, size_bytes, is_file: true, read: (from_line) => readFrom(createReadStream(file), file, from_line) }
}

const LOOKED_AT_BYTES = 1024 ** 2

/** A name made of what the file is, wherever it lies. */
async function lookAt(file: string, site = ''): Promise<{ id: string; size_bytes: number }> {
  try {
    const handle = await open(file, 'r')
    try {
      const { size, mtimeMs } = await handle.stat()
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(LOOKED_AT_BYTES), 0, LOOKED_AT_BYTES, 0)
      const hash = createHash('sha256').update(`${size} ${mtimeMs} ${site}\n`).update(buffer.subarray(0, bytesRead))
      return { id: `file-${hash.digest('hex').slice(0, 24)}`, size_bytes: size }
    } finally {
      await handle.close()
    }
  } catch (error) {
    throw new WrongSettings([`FILE: ${file} cannot be read (${(error as NodeJS.ErrnoException).code})`])
  }
}

function readFrom(raw: Readable, file: string | undefined, from_line: number): Reading {
  const progress = { read_bytes: 0, lines: from_line }
  raw.on('data', (chunk: Buffer) => {
    progress.read_bytes += chunk.length
  })
  return { progress, chunks: skipLines(unpacked(raw, file), from_line, progress) }
}

function unpacked(raw: Readable, file = ''): Readable {
  const unpack = file.endsWith('.gz') ? createGunzip() : file.endsWith('.br') ? createBrotliDecompress() : undefined
  // A failure is met by whoever reads the unpacked text.
  return unpack ? pipeline(raw, unpack, () => {}) : raw
}

async function* skipLines(text: Readable, from_line: number, progress: { lines: number }): AsyncGenerator<Buffer> {
  let left = from_line
  let is_line_begun = false
  try {
    for await (const chunk of text as AsyncIterable<Buffer>) {
      let start = 0
      for (; left > 0 && start < chunk.length; left -= 1) {
        const end = chunk.indexOf(10, start)
        if (end < 0) break
        start = end + 1
      }
      is_line_begun = chunk.at(-1) !== 10
      if (left > 0) continue
      const rest = chunk.subarray(start)
      progress.lines += countLines(rest)
      if (rest.length > 0) yield rest
    }
  } catch (error) {
    throw new UnreadableSource(`It cannot be read: ${(error as Error).message}.`, { cause: error })
  }
  // The last line may lack its end, and was a line all the same.
  if (left > (is_line_begun ? 1 : 0)) {
    throw new UnreadableSource('It has fewer lines than were imported before. For another content, use another --id.')
  }
}

function countLines(text: Buffer): number {
  let lines = 0
  for (let end = text.indexOf(10); end >= 0; end = text.indexOf(10, end + 1)) lines += 1
  return lines
}
