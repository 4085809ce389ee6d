/**
 * How many bytes an identifier takes in memory, and how long it takes to keep them in a file and to have them back:
 * `node --expose-gc --import tsx benchmarks/matching/speed/held.ts 10000000`.
 */
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { PackedGraph } from '#matching/identity/packed/packed-graph.ts'
import { landFile, openSnapshotFile, writeFile } from '#matching/snapshot/snapshot-file.ts'

const IDENTIFIERS = Number(process.argv[2] ?? 1_000_000)
const MB = 1024 ** 2

/** Changes while memory is kept, as of some ten thousand facts a second. */
const CHANGES = 500
const CHANGE_EACH_MS = 20

/** As long as the ids that the tracker makes. */
const idOf = (kind: string, number: number) =>
  `${kind}${(Math.imul(number + 1, 0x9e3779b1) >>> 0).toString(36)}${(Math.imul(number + 7, 0x85ebca6b) >>> 0).toString(36)}${number
    .toString(36)
    .padStart(7, '0')}`

/** A visitor with a visit or two, half of them with GA's client id, most with Metrica's: each joined by an edge. */
function fill(packed: PackedGraph): void {
  for (let number = 0; packed.vertexCount < IDENTIFIERS; number++) {
    const visitor = packed.addVertex('visitor', idOf('v', number))
    const at = 1_790_000_000_000 + number
    const said = {
      ...{ at, received_at: at + 900, node: 'n', segment: number >> 16, row: number & 65_535 },
      ...{ claimed: true, name: 0, candidate: true, joins: true },
      ...({ fact: 'event', reason: 'joined' } as const),
    }
    const join = (b: number, fact_id: string) => {
      const edge = packed.addEdge({ a: visitor, b, fact_id, ...said })
      packed.setBecause(b, edge)
      packed.setFirst(b, edge)
    }
    join(packed.addVertex('session', idOf('s', number)), idOf('e', number))
    if (number % 2 === 0) join(packed.addVertex('ga', `${1_000_000_000 + number}.1674837243`), idOf('e', number))
    if (number % 10 < 7) join(packed.addVertex('ym', `1668581346${String(number).padStart(9, '0')}`), idOf('e', number))
    if (number % 2 === 1) join(packed.addVertex('session', idOf('t', number)), idOf('f', number))
  }
}

async function run(): Promise<void> {
  const empty_mb = process.memoryUsage.rss() / MB
  const packed = new PackedGraph()
  const started_ms = performance.now()
  fill(packed)
  const filled_s = since(started_ms)
  globalThis.gc?.()
  const resident_mb = process.memoryUsage.rss() / MB
  print({
    identifiers: packed.vertexCount,
    edges: packed.edgeCount,
    seconds: filled_s,
    bytes_per_identifier: Math.round((packed.bytes / packed.vertexCount) * 10) / 10,
    arrays_mb: Math.round(packed.bytes / MB),
    empty_mb: Math.round(empty_mb),
    resident_mb: Math.round(resident_mb),
  })
  const dir = await mkdtemp(join(tmpdir(), 'throughline-bench-'))
  try {
    await measureSnapshot(packed, join(dir, 'memory'))
  } finally {
    await rm(dir, { recursive: true })
  }
}

/** Changes go on while it is written, so that pages are copied; the longest wait of the event loop is that of a step. */
async function measureSnapshot(packed: PackedGraph, path: string): Promise<void> {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  const before_mb = process.memoryUsage.rss() / MB
  let peak_mb = before_mb
  delay.enable()
  const began_ms = performance.now()
  const { pieces, told } = packed.freeze()
  const frozen_ms = performance.now() - began_ms
  let place = 1
  const changing = setInterval(() => {
    for (let change = 0; change < CHANGES; change++) {
      place = (Math.imul(place, 48_271) >>> 0) % packed.vertexCount
      packed.setFirst(place + 1, packed.firstOf(place + 1))
    }
    peak_mb = Math.max(peak_mb, process.memoryUsage.rss() / MB)
  }, CHANGE_EACH_MS)
  await writeFile(path, { told }, { pieces, isOff: () => false })
  clearInterval(changing)
  delay.disable()
  const written_s = since(began_ms)
  await landFile(path)
  const { size } = await stat(path)
  const read_ms = performance.now()
  const file = await openSnapshotFile(path)
  const back = new PackedGraph()
  await back.fill(told, file.fill)
  await file.end()
  await file.close()
  const read_s = since(read_ms)
  if (back.vertexCount !== packed.vertexCount || back.edgeCount !== packed.edgeCount)
    throw new Error('It is not the same')
  print({
    ...{ snapshot_mb: Math.round(size / MB), freeze_ms: Math.round(frozen_ms * 10) / 10, write_seconds: written_s },
    longest_pause_ms: Math.round(delay.max / 1e5) / 10,
    more_memory_while_written_mb: Math.round(peak_mb - before_mb),
    read_seconds: read_s,
    read_us_per_identifier: Math.round((read_s * 1e8) / packed.vertexCount) / 100,
  })
}

function since(ms: number): number {
  return Math.round((performance.now() - ms) / 10) / 100
}

function print(figures: object): void {
  process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`)
}

await run()
