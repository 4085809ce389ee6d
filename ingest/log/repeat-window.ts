import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '#shell/clock.ts'
import { type OpenFile, replaceFile } from './durable-file.ts'
import { HashList } from './hash-list.ts'
import { HashSet } from './hash-set.ts'
import { hash_key_bytes, openKeyedHash } from './keyed-hash.ts'
import { appendBlock, readWindowFile } from './window-file.ts'

/** Knows the ids of late, so that a repeat counts once. Remembers 64-bit keyed hashes, never the ids. */
export interface RepeatWindow {
  /** What the hashes are keyed with: whoever makes some for this window needs it. */
  key: string
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
  /** Added, and not yet on the disk. */
  waiting: HashList
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
  const key = await readKey(dir)
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
    key,
    has,
    hash: openIdHash(key),
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

/** Hashes ids as the window with this key does, in whatever process: two numbers, into `hashes` from `at` on. */
export function openIdHash(key: string): RepeatWindow['hash'] {
  const hash = openKeyedHash(key)
  return (id, hashes, at) => {
    hash(id, hashes, at)
    // 0 stands for an empty place in a HashSet.
    hashes[at] ||= 1
  }
}

const waiting_numbers_max = 200_000

function remember(generation: Generation, high: number, low: number, at_ms: number): void {
  generation.ids.add(high, low)
  generation.last_ms = Math.max(generation.last_ms, at_ms)
  generation.waiting.addOne(high, low)
}

async function writeWaiting(generation: Generation, at_ms: number, open: OpenFile | undefined): Promise<void> {
  const taken = generation.waiting
  if (taken.length === 0) return
  generation.waiting = new HashList()
  try {
    const block = { at_ms, hashes: taken.all }
    generation.file_bytes = await appendBlock(generation.path, block, generation.file_bytes, open)
  } catch (error) {
    taken.add(generation.waiting.all)
    generation.waiting = taken
    throw error
  }
}

function emptyGeneration(dir: string, number: number, size_max: number, started_ms: number): Generation {
  const ids = new HashSet(size_max)
  const waiting = new HashList()
  return { path: join(dir, `${number}.ids`), number, ids, started_ms, last_ms: started_ms, file_bytes: 0, waiting }
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

/** Names the hash: what another one made says nothing, so it is dropped. */
const key_mark = 'siphash-2-4 '

async function readKey(dir: string): Promise<string> {
  const path = join(dir, 'key')
  const known = await readFile(path, 'latin1').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  const [, found] = known.startsWith(key_mark) ? (/^([0-9a-f]{32})$/.exec(known.slice(key_mark.length)) ?? []) : []
  if (found !== undefined) return found
  // Before the new key is there: a crash in between leaves no files that it would misread.
  for (const name of await readdir(dir)) if (name.endsWith('.ids')) await rm(join(dir, name))
  const key = randomBytes(hash_key_bytes).toString('hex')
  await replaceFile(path, () => key_mark + key)
  return key
}
