/** How many bytes an identifier takes in memory: `node --expose-gc --import tsx benchmarks/matching/speed/held.ts 10000000`. */
import { PackedGraph } from '#matching/identity/packed/packed-graph.ts'

const IDENTIFIERS = Number(process.argv[2] ?? 1_000_000)
const MB = 1024 ** 2

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
      ...{ claimed: true, candidate: true, joins: true },
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

function run(): void {
  const empty_mb = process.memoryUsage.rss() / MB
  const packed = new PackedGraph()
  const started_ms = performance.now()
  fill(packed)
  globalThis.gc?.()
  const resident_mb = process.memoryUsage.rss() / MB
  const figures = {
    identifiers: packed.vertexCount,
    edges: packed.edgeCount,
    seconds: Math.round((performance.now() - started_ms) / 100) / 10,
    bytes_per_identifier: Math.round((packed.bytes / packed.vertexCount) * 10) / 10,
    arrays_mb: Math.round(packed.bytes / MB),
    empty_mb: Math.round(empty_mb),
    resident_mb: Math.round(resident_mb),
  }
  process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`)
}

run()
