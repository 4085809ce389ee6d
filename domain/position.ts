/** A place in one durable log: the segment that a write stands in, for each table it touched. */
export interface LogPosition {
  node: string
  segments: Record<string, number>
}

/** Where a write stands, in every log that took a part of it: the log of a worker, that of the leases, those of shards. */
export type Position = readonly LogPosition[]

const NODES_MAX = 256

/** As callers see it: `NODE.events-12.leases-3~OTHER.calls-7`, which needs no escaping in a URL. */
export function formatPosition(position: Position): string {
  if (position.length === 1) return formatOne(position[0] as LogPosition)
  return position.map(formatOne).join('~')
}

function formatOne({ node, segments }: LogPosition): string {
  let text = node
  for (const table in segments) text += `.${table}-${segments[table]}`
  return text
}

/** The position a caller sent back; undefined when it is not one. */
export function parsePosition(text: string): Position | undefined {
  const logs = text.split('~', NODES_MAX + 1)
  if (logs.length > NODES_MAX) return undefined
  const position: LogPosition[] = []
  for (const log of logs) {
    const parsed = parseOne(log)
    if (!parsed || position.some(({ node }) => node === parsed.node)) return undefined
    position.push(parsed)
  }
  return position
}

function parseOne(text: string): LogPosition | undefined {
  const [node, ...parts] = text.split('.')
  if (!node || !/^[a-z0-9]{1,64}$/.test(node) || parts.length > 16) return undefined
  const segments: Record<string, number> = {}
  for (const part of parts) {
    const found = /^([a-z]{1,32})-(\d{1,10})$/.exec(part)
    if (!found) return undefined
    segments[found[1] as string] = Number(found[2])
  }
  return { node, segments }
}

/** The position that both writes have reached: segment numbers only grow. */
export function joinPositions(a: Position, b: Position): Position {
  const joined = new Map(a.map(({ node, segments }) => [node, { ...segments }]))
  for (const { node, segments } of b) {
    const known = joined.get(node)
    if (!known) joined.set(node, { ...segments })
    else
      for (const [table, segment] of Object.entries(segments)) known[table] = Math.max(segment, known[table] ?? segment)
  }
  return [...joined].map(([node, segments]) => ({ node, segments }))
}
