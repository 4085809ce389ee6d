import { randomInt } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inodeOf, openFile, replaceFile } from './durable-file.ts'

/**
 * The name this log folder gives to its segments: random, minted with the folder, kept in it. A copy or a restored
 * backup of a folder gets a new one, because its next segments are not those that the original wrote.
 */
export async function nodeName(dir: string): Promise<string> {
  const path = join(dir, 'node')
  const known = await readNode(path)
  if (known) return known
  const node = Array.from({ length: 12 }, () => alphabet[randomInt(alphabet.length)]).join('')
  await replaceFile(path, (inode) => `${node} ${inode}\n`)
  return node
}

const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789'

async function readNode(path: string): Promise<string | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  const [, node, inode] = /^([a-z0-9]{12}) (\S+)\n$/.exec(text) ?? []
  if (!node) return undefined
  const handle = await openFile(path, 'r')
  try {
    return (await inodeOf(handle)) === inode ? node : undefined
  } finally {
    await handle.close()
  }
}
