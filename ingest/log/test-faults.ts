import type { FileHandle } from 'node:fs/promises'
import { type AddressInfo, connect, createServer } from 'node:net'
import type { Store } from '#storage/client.ts'
import { CREATE_SYNCED, type OpenFile, openFile } from './durable-file.ts'

type Call = 'query' | 'command' | 'insert' | 'send'
const calls: readonly Call[] = ['query', 'command', 'insert', 'send']

/** A store that calls `step` before and after each call to ClickHouse. */
export function watched(store: Store, step: (call: Call, when: 'before' | 'after') => Promise<void>): Store {
  const copy = { ...store }
  for (const call of calls) {
    const real = store[call] as (...args: unknown[]) => Promise<unknown>
    const around = async (...args: unknown[]): Promise<unknown> => {
      await step(call, 'before')
      const answer = await real(...args)
      await step(call, 'after')
      return answer
    }
    Object.assign(copy, { [call]: around })
  }
  return copy
}

/** A store whose calls fail, one for each that is listed, before they reach ClickHouse or after they did their work. */
export function failing(store: Store, list: Call[], when: 'before' | 'after'): Store {
  const left = [...list]
  return watched(store, async (call, at) => {
    if (at !== when || left[0] !== call) return
    left.shift()
    throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })
  })
}

/** A disk that can be full (a write puts down a part of its bytes and fails) or whose sync can fail. */
export function failingDisk(): { open: OpenFile; isFull: boolean; isSyncFailing: boolean } {
  const disk = { isFull: false, isSyncFailing: false, open: openFile }
  disk.open = async (path, flags) => {
    const handle = await openFile(path, flags)
    const write = handle.write.bind(handle) as (...args: unknown[]) => Promise<unknown>
    const writev = handle.writev.bind(handle)
    const datasync = handle.datasync.bind(handle)
    const sync = async (): Promise<void> => {
      if (disk.isSyncFailing) throw Object.assign(new Error('input/output error'), { code: 'EIO' })
    }
    const broken = {
      async write(bytes: Buffer, offset: number, length: number, position: number): Promise<unknown> {
        if (disk.isFull) {
          await write(bytes, offset, length >> 1, position)
          throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
        }
        return await write(bytes, offset, length, position)
      },
      async writev(buffers: Buffer[], position: number): Promise<unknown> {
        if (disk.isFull) {
          await writeHalf(write, buffers, position)
          throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
        }
        const written = await writev(buffers, position)
        if (flags === CREATE_SYNCED) await sync()
        return written
      },
      async datasync(): Promise<void> {
        await sync()
        await datasync()
      },
    }
    return Object.assign(handle, broken) as FileHandle
  }
  return disk
}

/** What a write puts down that is broken off. */
async function writeHalf(
  write: (...args: unknown[]) => Promise<unknown>,
  buffers: readonly Buffer[],
  position: number,
): Promise<void> {
  const bytes = Buffer.concat(buffers)
  await write(bytes, 0, bytes.length >> 1, position)
}

export interface Cutter {
  url: string
  /** How many connections were cut. */
  cuts(): number
  stop(): Promise<void>
}

/** Stands before ClickHouse and cuts big requests off: while their body passes, or when the answer to it comes. */
export async function startCutter(
  target: string,
  { where, cuts }: { where: 'body' | 'answer'; cuts: number },
): Promise<Cutter> {
  const { hostname, port } = new URL(target)
  let done = 0
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname)
    let passed = 0
    const cutOff = () => {
      client.destroy()
      upstream.destroy()
    }
    const isDue = () => done < cuts && passed > 1_000_000
    client.on('data', (bytes) => {
      passed += bytes.length
      upstream.write(bytes)
      if (where === 'body' && isDue()) {
        done++
        cutOff()
      }
    })
    upstream.on('data', (bytes) => {
      if (where === 'answer' && isDue()) {
        done++
        cutOff()
      } else client.write(bytes)
    })
    for (const socket of [client, upstream]) socket.on('error', cutOff).on('close', cutOff)
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cuts: () => done,
    stop: () => new Promise((closed) => server.close(() => closed())),
  }
}

interface Mortal {
  open: OpenFile
  store: Store
  death: Promise<'died'>
  /** Makes what the dead still wait for fail, so that nothing of them is left in this process. */
  bury(): void
}

interface Fate {
  /** Steps of the disk and of ClickHouse that are still done. */
  after: number
  /** The write that it dies in puts down a part of its bytes. */
  isTorn: boolean
  /** True while syncs fail, though they may have done their work. */
  fails?: () => boolean
}

/** A disk and a ClickHouse as a process sees them that dies after so many steps: nothing that it would do then happens. */
export function mortal(store: Store, { after, isTorn, fails = () => false }: Fate): Mortal {
  let left = after
  let die: () => void = () => {}
  const death = new Promise<'died'>((done) => {
    die = () => done('died')
  })
  let bury = (): void => {}
  const buried = new Promise<void>((done) => {
    bury = done
  })
  const step = async (): Promise<void> => {
    if (left-- > 0) return
    die()
    await buried
    throw new Error('This process is dead.')
  }
  const open: OpenFile = async (path, flags) => {
    await step()
    const handle = await openFile(path, flags)
    const write = handle.write.bind(handle) as (...args: unknown[]) => Promise<unknown>
    const writev = handle.writev.bind(handle)
    const sync = (real: () => Promise<unknown>) => async (): Promise<void> => {
      await step()
      await real()
      if (fails()) throw Object.assign(new Error('input/output error'), { code: 'EIO' })
      await step()
    }
    const own = {
      async write(bytes: Buffer, offset: number, length: number, position: number): Promise<unknown> {
        if (left === 0 && isTorn) await write(bytes, offset, length >> 1, position)
        await step()
        return await write(bytes, offset, length, position)
      },
      async writev(buffers: Buffer[], position: number): Promise<unknown> {
        if (left === 0 && isTorn) await writeHalf(write, buffers, position)
        await step()
        const written = await writev(buffers, position)
        if (flags === CREATE_SYNCED) await sync(async () => {})()
        return written
      },
      datasync: sync(handle.datasync.bind(handle)),
      sync: sync(handle.sync.bind(handle)),
      truncate: ((real) => async (length: number) => {
        await step()
        await real(length)
      })(handle.truncate.bind(handle)),
    }
    return Object.assign(handle, own) as FileHandle
  }
  return { open, death, bury, store: watched(store, step) }
}
