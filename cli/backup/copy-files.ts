import { createHash } from 'node:crypto'
import { type FileHandle, mkdir, open, readdir, rm } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import { syncFolder } from '#ingest/log/durable-file.ts'
import { findLogs, inspectLog } from '#ingest/log/inspect-log.ts'

export interface CopiedFile {
  /** Below the folder, with slashes. */
  path: string
  bytes: number
  sha256: string
}

/**
 * Copies what a data folder holds beside ClickHouse, also while a service runs on it. The log comes last: a segment that
 * is gone by then has landed, so it is in the copy of ClickHouse, which is begun after this; and what the repeat window
 * knows is in the one or in the other.
 */
export async function copyDataFolder(from: string, to: string): Promise<CopiedFile[]> {
  const copied: CopiedFile[] = []
  for (const top of await readdir(from, { withFileTypes: true })) {
    // ClickHouse has its own part of a backup; its files come and go, and there are many.
    if (top.name === 'clickhouse') continue
    const below = top.isDirectory() ? await filesBelow(join(from, top.name)) : []
    const paths = top.isDirectory() ? below.map((path) => join(top.name, path)) : [top.name]
    for (const path of paths) if (!isLeftOut(path) && !isSegment(path)) await add(path)
  }
  for (const log of await findLogs(join(from, 'ingest'))) {
    for (const segment of (await inspectLog(log)).segments) {
      if (segment.rows === 0) continue
      // Of a segment that is being written, what is committed by now: it was accepted, the rest was not.
      for (const { path, bytes } of segment.files) await add(relative(from, path), bytes)
    }
  }
  return copied

  async function add(path: string, bytes?: number): Promise<void> {
    const file = await copyFile(join(from, path), join(to, path), bytes)
    if (file) copied.push({ path, ...file })
  }
}

/** Copies the files of a backup, and throws when one of them is not as it was written. */
export async function copyBackedUp(from: string, to: string, files: readonly CopiedFile[]): Promise<void> {
  for (const { path, bytes, sha256 } of files) {
    if (path.split('/').includes('..')) throw new Error(`The backup names a file outside of itself: ${path}.`)
    const copied = await copyFile(join(from, path), join(to, path))
    if (copied?.bytes !== bytes || copied.sha256 !== sha256) {
      throw new Error(`The backup is spoilt: ${join(from, path)} is ${copied ? 'not what was written' : 'missing'}.`)
    }
  }
}

/** Makes everything below a folder outlive a power cut. */
export async function syncTree(dir: string): Promise<void> {
  for (const path of await filesBelow(dir)) {
    const file = await open(join(dir, path), 'r')
    await file.sync().finally(() => file.close())
  }
  const folders = (await readdir(dir, { recursive: true, withFileTypes: true })).filter((entry) => entry.isDirectory())
  for (const entry of folders) await syncFolder(join(entry.parentPath, entry.name))
  await syncFolder(dir)
}

/**
 * What is made anew by a start: a copied log is another log, and gets a name of its own. A snapshot of matching's memory
 * would be thrown away by it.
 */
function isLeftOut(path: string): boolean {
  const name = basename(path)
  const isNamed = ['control.json', 'last-backup.json', 'lock', 'node', 'checkpoint'].includes(name)
  return isNamed || name.endsWith('.new') || name.endsWith('.snapshot')
}

function isSegment(path: string): boolean {
  return /^\d{1,10}\.(segment|rows|commits)$/.test(basename(path)) && basename(dirname(path)) !== 'damaged'
}

async function filesBelow(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(dir, join(entry.parentPath, entry.name)))
    .toSorted()
}

const CHUNK_BYTES = 1024 * 1024

/** The first bytes of a file, or all; undefined when it has gone. */
async function copyFile(from: string, to: string, bytes = Infinity): Promise<Omit<CopiedFile, 'path'> | undefined> {
  const source = await open(from, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (!source) return undefined
  try {
    await mkdir(dirname(to), { recursive: true, mode: 0o700 })
    const target = await open(to, 'wx', 0o600)
    try {
      return await pour(source, target, bytes)
    } catch (error) {
      await rm(to, { force: true })
      throw error
    } finally {
      await target.close()
    }
  } finally {
    await source.close()
  }
}

async function pour(source: FileHandle, target: FileHandle, bytes: number): Promise<Omit<CopiedFile, 'path'>> {
  const hash = createHash('sha256')
  const buffer = Buffer.alloc(CHUNK_BYTES)
  let at = 0
  while (at < bytes) {
    const { bytesRead } = await source.read(buffer, 0, Math.min(CHUNK_BYTES, bytes - at), at)
    if (bytesRead === 0) break
    const chunk = buffer.subarray(0, bytesRead)
    hash.update(chunk)
    await target.writeFile(chunk)
    at += bytesRead
  }
  await target.sync()
  return { bytes: at, sha256: hash.digest('hex') }
}
