import type { Store } from '#storage/client.ts'
import type { FactTable } from '#storage/fact-tables.ts'
import type { SimulatedFact } from './world.ts'

/** Facts that land together. */
const LAND_TOGETHER = 20_000

/** Puts a world's facts into ClickHouse as the writer does, a part at a time; `landed` runs after each. Returns how many. One `node` is one log. */
export async function landWorld(
  store: Store,
  facts: Iterable<SimulatedFact>,
  { node, landed }: { node: string; landed(): Promise<void> },
): Promise<number> {
  const segments = new Map<FactTable, number>()
  let part: SimulatedFact[] = []
  let count = 0
  const land = async () => {
    await landPart(store, { node, segments }, part)
    count += part.length
    part = []
    await landed()
  }
  for (const one of facts) {
    part.push(one)
    if (part.length >= LAND_TOGETHER) await land()
  }
  if (part.length > 0) await land()
  return count
}

async function landPart(
  store: Store,
  { node, segments }: { node: string; segments: Map<FactTable, number> },
  part: readonly SimulatedFact[],
): Promise<void> {
  for (const [table, some] of byTable(part)) {
    const segment = (segments.get(table) ?? -1) + 1
    segments.set(table, segment)
    await store.insert(
      table,
      some.map((one, line) => ({ node, segment, row: line, ...one.row })),
    )
    const received = some.map((one) => one.row.received_at)
    const about = { first_received_at: received[0], landed_at: received.at(-1) }
    await store.insert('segments', [{ node, table, segment, rows: some.length, ...about }])
  }
}

function byTable(part: readonly SimulatedFact[]): Map<FactTable, SimulatedFact[]> {
  const tables = new Map<FactTable, SimulatedFact[]>()
  for (const one of part) {
    const some = tables.get(one.table)
    if (some) some.push(one)
    else tables.set(one.table, [one])
  }
  return tables
}
