import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readdir, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { identifierKinds } from '#domain/identifier.ts'
import type { Clock } from '#shell/clock.ts'
import type { Store } from '#storage/client.ts'
import { edgeFacts, edgeReasons } from '../identity/edge.ts'
import { Graph } from '../identity/graph.ts'
import type { FrozenSite, Piece } from '../identity/packed/frozen.ts'
import type { SiteState } from '../identity/site-state.ts'
import type { MatchingLog } from '../matching-log.ts'
import { RULES } from '../rebuild/rules.ts'
import { SessionNames } from '../sessions/session-names.ts'
import { mark, readMarks, schemaNumber, unmark } from './marks.ts'
import {
  FORMAT,
  GivenUp,
  giveUp,
  landedName,
  landFile,
  openSnapshotFile,
  removeFiles,
  Spoilt,
  writeFile,
} from './snapshot-file.ts'

const ENDING = '.snapshot'

/** Memory is kept again when so many edges have changed, and this share of them. */
const CHANGES_MIN = 20_000
const CHANGES_SHARE = 0.05

/** And not sooner than this after the last time. */
const PAUSE_MS = 10 * 60_000

/** An ordered stop waits so long at most for what has changed to be written. */
const CLOSE_MAX_MS = 4_000

/** Room that is left on the disk: a start that takes longer is better than a log that cannot be written. */
const SPARE_BYTES = 1024 ** 3

/** A site with more names than this has them read from the table: they are told in one piece. */
const NAMES_MAX = 100_000

/** What a file says of itself. */
export interface SnapshotHead {
  format: number
  rules: number
  schema: number
  /** What the numbers in the arrays stand for. */
  words: string
  site: string
  id: string
  /** All that was written up to this version is in it, and nothing else. */
  version: number
  taken_ms: number
  identifiers: number
  names: [key: string, names: readonly string[]][] | undefined
  told: FrozenSite
}

/** Memory of a site as it was kept. */
export interface KeptSite {
  site: string
  version: number
  graph: Graph
  /** Undefined: to be read from the table. */
  names: SessionNames | undefined
}

/** What of a run is kept. */
export interface KeptRun {
  readonly sites: ReadonlyMap<string, SiteState>
  readonly version: number
}

export interface SnapshotStatus {
  sites: number
  bytes: number
  identifiers: number
  /** Since the oldest was taken; 0 when there is none. */
  age_ms: number
}

export interface Snapshots {
  /** The memory that was kept of these sites. What does not fit is thrown away, which is logged. */
  take(isWanted: (site: string) => boolean): Promise<KeptSite[]>
  /** Has a file thrown away that turned out to be too old. */
  throwAway(site: string, why: string): Promise<void>
  /** Begins to keep what has changed enough. Called between two steps; the next need not wait. */
  consider(run: KeptRun): void
  /** Something that snapshots hold is about to go: when this resolves their bytes are gone, and none of a backup counts. */
  discard(site?: string): Promise<void>
  status(): SnapshotStatus
  /** Keeps what has changed of a run that has ended, while that takes little time; nothing of one that failed, or has something half removed. */
  close(run: KeptRun | undefined): Promise<void>
}

export interface SnapshotsOptions {
  store: Store
  /** Made when it is not there. */
  dir: string
  now: Clock
  log: MatchingLog
  pause_ms?: number
  changes_min?: number
}

interface Kept {
  id: string
  bytes: number
  identifiers: number
  taken_ms: number
  /** Of which graph, and how much of it had changed by then. */
  graph: Graph
  changes: number
}

interface Writing {
  site: string
  isOff: boolean
  done: Promise<void>
}

/** Keeps memory in files, so that a start need not read it from the tables. */
export async function openSnapshots(options: SnapshotsOptions): Promise<Snapshots> {
  const { store, dir, now, log } = options
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const kept = new Map<string, Kept>()
  const writer = openWriter(options, kept)
  return {
    async take(isWanted) {
      const taken: KeptSite[] = []
      const fits = await openFits(store)
      for (const name of await filesIn(dir)) {
        const path = join(dir, name)
        const found = await readKept(path, isWanted, fits)
        if (found === undefined) continue
        if ('why' in found) {
          log.warn({ site: found.site, why: found.why }, THROWN_AWAY)
          await removeFiles([path])
          continue
        }
        const { head, graph, bytes } = found
        const { site, id, identifiers, taken_ms, version, names } = head
        kept.set(site, { id, bytes, identifiers, taken_ms, graph, changes: 0 })
        taken.push({ site, version, graph, names: names && SessionNames.of(names) })
      }
      return taken
    },
    async throwAway(site, why) {
      log.warn({ site, why }, THROWN_AWAY)
      kept.delete(site)
      await removeFiles([join(dir, fileOf(site))])
    },
    consider: writer.consider,
    async discard(site) {
      await writer.stop(site)
      await unmark(store, site)
      const names = site === undefined ? (await readdir(dir)).map(landedName) : [fileOf(site)]
      await removeFiles(names.filter(isSnapshot).map((name) => join(dir, name)))
      for (const one of site === undefined ? [...kept.keys()] : [site]) kept.delete(one)
    },
    status: () => statusOf([...kept.values()], now()),
    async close(run) {
      await writer.stop()
      if (run) await writer.writeAll(run, CLOSE_MAX_MS)
    },
  }
}

/** Writes one site at a time. */
function openWriter(options: SnapshotsOptions, kept: Map<string, Kept>) {
  const { store, dir, now, log, pause_ms = PAUSE_MS, changes_min = CHANGES_MIN } = options
  const tried = new Map<string, number>()
  let writing: Writing | undefined
  const land = async (one: Writing, { head, pieces, graph, changes }: Frozen) => {
    const { site, id, identifiers, taken_ms } = head
    const path = join(dir, fileOf(site))
    const schema = await freeing(pieces, async () => {
      await roomFor(dir, graph.bytes)
      return schemaNumber(store)
    })
    const { bytes } = await writeFile(path, { ...head, schema }, { pieces, isOff: () => one.isOff })
    // Named before it is there, and beside the one that is: whichever a crash in between leaves is one that counts.
    const before = kept.get(site)
    try {
      await mark(store, site, before ? [id, before.id] : [id])
      await landFile(path)
    } catch (error) {
      await giveUp(path)
      throw error
    }
    kept.set(site, { id, bytes, identifiers, taken_ms, graph, changes })
  }
  /** Freezes a site at once and writes it; what fails is logged, and tried again after a pause. */
  const keep = (state: SiteState, version: number): Writing => {
    const one: Writing = { site: state.graph.site, isOff: false, done: Promise.resolve() }
    tried.set(one.site, now())
    one.done = land(one, freeze(state, { version, taken_ms: now() }))
      .catch((error: NodeJS.ErrnoException) => {
        if (error instanceof GivenUp) return
        log.warn({ site: one.site, err: error.code ?? error.message }, 'a snapshot of memory could not be written')
      })
      .finally(() => {
        if (writing === one) writing = undefined
      })
    writing = one
    return one
  }
  const changesOf = ({ graph }: SiteState) => {
    const last = kept.get(graph.site)
    if (!last) return graph.edges
    return last.graph === graph ? graph.changes - last.changes : Number.POSITIVE_INFINITY
  }
  const isDue = (state: SiteState) =>
    isAtRest(state) &&
    now() - (tried.get(state.graph.site) ?? Number.NEGATIVE_INFINITY) >= pause_ms &&
    changesOf(state) >= Math.max(changes_min, state.graph.edges * CHANGES_SHARE)
  return {
    consider({ sites, version }: KeptRun): void {
      if (writing) return
      for (const state of sites.values()) if (isDue(state)) return void keep(state, version)
    },
    /** Ends what is being written, if it is of this site. */
    async stop(site?: string): Promise<void> {
      if (!writing || (site !== undefined && writing.site !== site)) return
      writing.isOff = true
      await writing.done
    },
    async writeAll({ sites, version }: KeptRun, max_ms: number): Promise<void> {
      const until_ms = performance.now() + max_ms
      for (const state of sites.values()) {
        const left_ms = until_ms - performance.now()
        if (left_ms <= 0) return
        if (!isAtRest(state) || changesOf(state) === 0) continue
        const one = keep(state, version)
        const late = setTimeout(() => {
          one.isOff = true
        }, left_ms)
        await one.done
        clearTimeout(late)
      }
    },
  }
}

const THROWN_AWAY = 'a snapshot of memory is thrown away, and the tables are read'

interface Frozen {
  head: Omit<SnapshotHead, 'schema'>
  pieces: readonly Piece[]
  graph: Graph
  changes: number
}

function freeze({ graph, names }: SiteState, { version, taken_ms }: { version: number; taken_ms: number }): Frozen {
  const { pieces, told } = graph.freeze()
  const { site, changes } = graph
  const id = randomBytes(16).toString('hex')
  return {
    head: {
      ...{ format: FORMAT, rules: RULES, words, site, id, version, taken_ms },
      ...{ identifiers: graph.vertices.size, names: names.all(NAMES_MAX), told },
    },
    ...{ pieces, graph, changes },
  }
}

/** What fails before anything is written leaves nothing frozen. */
async function freeing<Result>(pieces: readonly Piece[], work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    for (const { free } of pieces) free()
    throw error
  }
}

async function roomFor(dir: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(dir)
  if (bavail * bsize < bytes + SPARE_BYTES) throw new Error('the disk is nearly full')
}

function isAtRest({ graph, unfinished, purged }: SiteState): boolean {
  return graph.isAtRest && unfinished === undefined && purged === undefined
}

/** What says of a head why it is not of this history, if it is not. */
type Fits = (head: SnapshotHead) => string | undefined

async function openFits(store: Store): Promise<Fits> {
  const [marks, schema] = [await readMarks(store), await schemaNumber(store)]
  return (head) => {
    if (head.format !== FORMAT || head.words !== words) return 'another format'
    if (head.rules !== RULES) return 'other rules'
    if (head.schema !== schema) return 'other tables'
    return marks.of(head.site).includes(head.id) ? undefined : 'another history'
  }
}

/** Undefined for a site that is not wanted. */
async function readKept(
  path: string,
  isWanted: (site: string) => boolean,
  fits: Fits,
): Promise<{ head: SnapshotHead; graph: Graph; bytes: number } | { why: string; site: string } | undefined> {
  let site = ''
  try {
    const file = await openSnapshotFile(path)
    try {
      // Its checksum says that it is what `freeze` made, and `format` of which make.
      const head = file.head as SnapshotHead
      site = head.site
      if (!isWanted(site)) return undefined
      const why = fits(head)
      if (why !== undefined) return { why, site }
      const graph = new Graph(site)
      await graph.fill(head.told, file.fill)
      await file.end()
      return { head, graph, bytes: file.bytes }
    } finally {
      await file.close()
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (error instanceof Spoilt || code !== undefined) return { why: code ?? message, site }
    throw error
  }
}

/** What is kept in a folder, for whoever only looks; files that cannot be read are counted. */
export async function lookInto(dir: string, now_ms: number): Promise<SnapshotStatus & { spoilt: number }> {
  const kept: Omit<Kept, 'graph' | 'changes'>[] = []
  let spoilt = 0
  for (const name of await filesIn(dir)) {
    try {
      const file = await openSnapshotFile(join(dir, name))
      await file.close()
      kept.push({ ...(file.head as SnapshotHead), bytes: file.bytes })
    } catch {
      spoilt += 1
    }
  }
  return { ...statusOf(kept, now_ms), spoilt }
}

function statusOf(kept: readonly Omit<Kept, 'graph' | 'changes'>[], now_ms: number): SnapshotStatus {
  const sum = (of: (one: (typeof kept)[number]) => number) => kept.reduce((all, one) => all + of(one), 0)
  const oldest_ms = kept.reduce((least, { taken_ms }) => Math.min(least, taken_ms), now_ms)
  return {
    ...{ sites: kept.length, bytes: sum(({ bytes }) => bytes), identifiers: sum(({ identifiers }) => identifiers) },
    age_ms: now_ms - oldest_ms,
  }
}

async function filesIn(dir: string): Promise<string[]> {
  return (await readdir(dir)).filter(isSnapshot)
}

function isSnapshot(name: string): boolean {
  return name.endsWith(ENDING)
}

/** Ids of sites are anything; names of files are not. */
function fileOf(site: string): string {
  return `${createHash('sha256').update(site).digest('hex').slice(0, 32)}${ENDING}`
}

/** Arrays hold places in these lists. */
const words = JSON.stringify([identifierKinds, edgeFacts, edgeReasons])
