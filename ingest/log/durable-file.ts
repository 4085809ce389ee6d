import { constants } from 'node:fs'
import { type FileHandle, open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Opens a file of the log; passed in so that a test can give a disk that fails. */
export type OpenFile = (path: string, flags: string | number) => Promise<FileHandle>

const isDarwin = process.platform === 'darwin'

/**
 * A new file whose writes are on the disk when they resolve: one way to another thread and back in place of two. On macOS
 * such a write stops at the cache of the disk, and only a sync asks for more.
 */
export const CREATE_SYNCED =
  constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (isDarwin ? 0 : constants.O_DSYNC)

/** Opens for owner only: the log holds personal data. */
export const openFile: OpenFile = (path, flags) => open(path, flags, 0o600)

/** Makes the names in a folder survive a power cut. */
export async function syncFolder(dir: string): Promise<void> {
  const handle = await open(dir, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Replaces a small file so that after a crash either the old or the new one is there, whole. */
export async function replaceFile(path: string, data: (inode: string) => string | Buffer): Promise<void> {
  const handle = await openFile(`${path}.new`, 'w')
  try {
    await handle.writeFile(data(await inodeOf(handle)))
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(`${path}.new`, path)
  await syncFolder(dirname(path))
}

/** Tells this very file from a copy of it. */
export async function inodeOf(handle: FileHandle): Promise<string> {
  const { ino, birthtimeNs } = await handle.stat({ bigint: true })
  return `${ino}-${birthtimeNs}`
}

/** Writes all bytes at a place in a file, however often the kernel takes only a part. */
export async function writeAt(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done)
    done += bytesWritten
  }
}

/** Writes all of them, one after the other, to a file made with `CREATE_SYNCED`: synced when it resolves. */
export async function writeSynced(handle: FileHandle, buffers: readonly Buffer[], position: number): Promise<void> {
  let left = [...buffers]
  for (let at = position; left.length > 0; ) {
    const { bytesWritten } = await handle.writev(left, at)
    at += bytesWritten
    left = without(left, bytesWritten)
  }
  if (isDarwin) await handle.datasync()
}

function without(buffers: readonly Buffer[], bytes: number): Buffer[] {
  let skip = bytes
  return buffers.flatMap((buffer) => {
    const rest = buffer.subarray(Math.min(skip, buffer.length))
    skip -= buffer.length - rest.length
    return rest.length > 0 ? [rest] : []
  })
}

/** Reads exactly `length` bytes; a file that is shorter throws instead of passing for the whole. */
export async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length)
  for (let done = 0; done < length; ) {
    const { bytesRead } = await handle.read(bytes, done, length - done, position + done)
    if (bytesRead === 0) throw new Error('A file of the log is shorter than its commits say.')
    done += bytesRead
  }
  return bytes
}
