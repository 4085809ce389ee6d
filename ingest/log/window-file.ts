import { type FileHandle, readFile, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { crc32 } from 'node:zlib'
import { type OpenFile, openFile, syncFolder, writeAt } from './durable-file.ts'

const block_header_bytes = 16

/** Ids that became known at one moment, as hashes of two numbers each. */
export interface Block {
  at_ms: number
  hashes: Uint32Array
}

/** Reads the blocks of one generation up to the first that is torn or spoilt. */
export async function readWindowFile(path: string, take: (block: Block) => void): Promise<{ bytes: number }> {
  const file = await readFile(path)
  let at = 0
  while (at + block_header_bytes <= file.length) {
    const numbers = file.readUInt32LE(at + 8)
    const end = at + block_header_bytes + numbers * 4
    if (end > file.length || crcOf(file.subarray(at, end)) !== file.readUInt32LE(at + 12)) break
    const hashes = new Uint32Array(numbers)
    for (let i = 0; i < numbers; i++) hashes[i] = file.readUInt32LE(at + block_header_bytes + i * 4)
    take({ at_ms: file.readDoubleLE(at), hashes })
    at = end
  }
  return { bytes: at }
}

/** Appends a block after `position` and syncs it; returns where the file ends then. */
export async function appendBlock(
  path: string,
  { at_ms, hashes }: Block,
  position: number,
  open: OpenFile = openFile,
): Promise<number> {
  const block = Buffer.alloc(block_header_bytes + hashes.length * 4)
  block.writeDoubleLE(at_ms, 0)
  block.writeUInt32LE(hashes.length, 8)
  for (let i = 0; i < hashes.length; i++) block.writeUInt32LE(hashes[i] as number, block_header_bytes + i * 4)
  block.writeUInt32LE(crcOf(block), 12)
  const handle = await openOrCreate(path, open)
  try {
    await writeAt(handle, block, position)
    await handle.datasync()
  } finally {
    await handle.close()
  }
  return position + block.length
}

function crcOf(block: Buffer): number {
  return crc32(block.subarray(block_header_bytes), crc32(block.subarray(0, 12)))
}

async function openOrCreate(path: string, open: OpenFile): Promise<FileHandle> {
  const isThere = await stat(path).then(
    () => true,
    () => false,
  )
  const handle = await open(path, isThere ? 'r+' : 'w')
  if (!isThere) await syncFolder(dirname(path))
  return handle
}
