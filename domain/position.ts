/** A place in the durable log: the segment that a write stands in, for each table it touched. */
export interface Position {
  node: string
  segments: Record<string, number>
}

/** As callers see it: `NODE.events-12.leases-3`, which needs no escaping in a URL. */
export function formatPosition({ node, segments }: Position): string {
  return [node, ...Object.entries(segments).map(([table, segment]) => `${table}-${segment}`)].join('.')
}

/** The position a caller sent back; undefined when it is not one. */
export function parsePosition(text: string): Position | undefined {
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
