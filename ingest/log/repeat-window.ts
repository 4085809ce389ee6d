import { hash as digest, randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '#shell/clock.ts'
import { type OpenFile, replaceFile } from './durable-file.ts'
import { HashSet } from './hash-set.ts'
import { appendBlock, readWindowFile } from './window-file.ts'

/** Knows the ids of late, so that a repeat counts once. Remembers 64-bit keyed hashes, never the ids. */
export interface RepeatWindow {
  /** Writes the hash of an id, two numbers, into `hashes` from `at` on. */
  hash(id: string, hashes: Uint32Array, at: number): void
  has(high: number, low: number): boolean
  /** Adds ids whose rows are synced. */
  add(hashes: Uint32Array): void
  /** Resolves when all that was added before is on the disk. */
  sync(): Promise<void>
}

export interface RepeatWindowOptions {
  dir: string
  now: Clock
  open?: OpenFile
  /** At least so many ids are known, unless they are older than `age_max_ms`. */
  ids_max?: number
  age_max_ms?: number
}

interface Generation {
  path: string
  number: number
  ids: HashSet
  started_ms: number
  last_ms: number
  file_bytes: number
  /** Added, and not yet on the disk; two numbers an id. */
  waiting: number[]
}

/**
 * The window is a row of generations; the oldest goes as a whole, so one more than fills the window is kept. One that
 * time has cut short is not full: there are more of them then, with no more in them.
 */
const full_generations = 4
const day_ms = 86_400_000

export async function openRepeatWindow(options: RepeatWindowOptions): Promise<RepeatWindow> {
  const { dir, now, open, ids_max = 4_000_000, age_max_ms = 3 * day_ms } = options
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const key = await readKey(join(dir, 'key'))
  const size_max = Math.ceil(ids_max / full_generations)
  const generations = await readGenerations(dir, size_max)
  const retired: string[] = []
  let syncing: Promise<void> = Promise.resolve()

  function has(high: number, low: number): boolean {
    for (let i = generations.length - 1; i >= 0; i--) if (generations[i]?.ids.has(high, low)) return true
    return false
  }
  /** The generation that takes new ids; a full or old one makes way for the next. */
  function newest(): Generation {
    const last = generations.at(-1)
    if (last && !last.ids.isFull && now() - last.started_ms < age_max_ms / full_generations) return last
    // Cut by time: it takes no more, and the room for what did not come is not kept.
    if (last && !last.ids.isFull) last.ids = last.ids.compacted()
    const number = (last?.number ?? 0) + 1
    const next = emptyGeneration(dir, number, size_max, now())
    generations.push(next)
    retireOld()
    return next
  }
  /** The oldest goes once the others fill the window without it, or nothing in it is young enough. */
  function retireOld(): void {
    const isOld = ({ last_ms }: Generation) => last_ms < now() - age_max_ms
    const inOthers = () => generations.slice(1).reduce((sum, { ids }) => sum + ids.size, 0)
    while (generations.length > 1 && (inOthers() >= ids_max || isOld(generations[0] as Generation)))
      retired.push((generations.shift() as Generation).path)
  }
  async function writeAll(): Promise<void> {
    for (const generation of [...generations]) await writeWaiting(generation, now(), open)
    retireOld()
    for (const path of retired.splice(0)) await rm(path, { force: true })
  }
  function sync(): Promise<void> {
    syncing = syncing.then(writeAll, writeAll)
    return syncing
  }
  return {
    has,
    hash(id, hashes, at) {
      // As text of one character a byte: a Buffer would take longer to make than the hash.
      const bytes = digest('sha256', key + id, 'binary')
      // 0 stands for an empty place in a HashSet.
      hashes[at] = readUint32(bytes, 0) || 1
      hashes[at + 1] = readUint32(bytes, 4)
    },
    add(hashes) {
      for (let i = 0; i < hashes.length; i += 2) {
        const [high, low] = [hashes[i] as number, hashes[i + 1] as number]
        if (!has(high, low)) remember(newest(), high, low, now())
      }
      // With ClickHouse away nobody calls sync for long, and memory must stay flat. A failure shows at the next sync.
      if ((generations.at(-1)?.waiting.length ?? 0) > waiting_numbers_max) sync().catch(() => {})
    },
    sync,
  }
}

function readUint32(bytes: string, at: number): number {
  const high = (bytes.charCodeAt(at + 3) << 24) | (bytes.charCodeAt(at + 2) << 16)
  return (high | (bytes.charCodeAt(at + 1) << 8) | bytes.charCodeAt(at)) >>> 0
}

const waiting_numbers_max = 200_000

function remember(generation: Generation, high: number, low: number, at_ms: number): void {
  generation.ids.add(high, low)
  generation.last_ms = Math.max(generation.last_ms, at_ms)
  generation.waiting.push(high, low)
}

async function writeWaiting(generation: Generation, at_ms: number, open: OpenFile | undefined): Promise<void> {
  const taken = generation.waiting
  if (taken.length === 0) return
  generation.waiting = []
  try {
    const hashes = Uint32Array.from(taken)
    generation.file_bytes = await appendBlock(generation.path, { at_ms, hashes }, generation.file_bytes, open)
  } catch (error) {
    generation.waiting = taken.concat(generation.waiting)
    throw error
  }
}

function emptyGeneration(dir: string, number: number, size_max: number, started_ms: number): Generation {
  const ids = new HashSet(size_max)
  return { path: join(dir, `${number}.ids`), number, ids, started_ms, last_ms: started_ms, file_bytes: 0, waiting: [] }
}

async function readGenerations(dir: string, size_max: number): Promise<Generation[]> {
  const numbers = (await readdir(dir)).flatMap((name) => /^(\d{1,10})\.ids$/.exec(name)?.[1] ?? []).map(Number)
  const generations: Generation[] = []
  for (const number of numbers.toSorted((a, b) => a - b)) {
    const generation = emptyGeneration(dir, number, size_max, 0)
    const { bytes } = await readWindowFile(generation.path, ({ at_ms, hashes }) => {
      if (generation.ids.size === 0) generation.started_ms = at_ms
      generation.last_ms = at_ms
      for (let i = 0; i < hashes.length; i += 2) generation.ids.add(hashes[i] as number, hashes[i + 1] as number)
    })
    generation.file_bytes = bytes
    const before = generations.at(-1)
    if (before && !before.ids.isFull) before.ids = before.ids.compacted()
    generations.push(generation)
  }
  return generations
}

async function readKey(path: string): Promise<string> {
  const known = await readFile(path, 'latin1').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  if (/^[0-9a-f]{64}$/.test(known)) return known
  const key = randomBytes(32).toString('hex')
  await replaceFile(path, () => key)
  return key
}
