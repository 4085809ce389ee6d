import type { Store } from '#storage/client.ts'
import { type FactTable, factTables } from '#storage/fact-tables.ts'
import type { Deletion } from './delete-rows.ts'
import { isRead, type ReadTo } from './fact-deletions.ts'
import { type PlanRow, planned, planRow } from './plan.ts'
import { type Named, namesIn } from './refused-names.ts'

/** The refused rows that a plan names. */
export function quarantineDeletion(job: string): Deletion {
  return {
    table: 'quarantine',
    where: `(table, concat(toString(node), '/', toString(segment), '/', toString(row)))
      IN ${planned(['quarantine'], undefined, 'toString(kind), value')}`,
    params: { job },
  }
}

/** What a refused row says, as far as it can be read. */
export interface RefusedRow {
  /** Whether it holds a text, as a whole value. */
  holds(text: string): boolean
  /** Identifiers in its columns. */
  names: Named[]
  received_ms: number
}

interface Refused {
  node: string
  table: string
  segment: number
  row: number
  line: string
  received_ms: number
}

/** Refused rows of a site that are chosen, as rows of a plan. Those of a segment still in the log are left alone. */
export async function refusedRows(
  store: Store,
  site: string,
  read_to: ReadTo,
  isChosen: (row: RefusedRow) => boolean,
): Promise<PlanRow[]> {
  const found: PlanRow[] = []
  for await (const rows of store.stream<Refused>(
    `SELECT node, table, segment, row, line, toFloat64(toUnixTimestamp64Milli(quarantined_at)) AS received_ms
     FROM quarantine`,
  )) {
    for (const { node, table, segment, row, line, received_ms } of rows) {
      const cells = read(line)
      if (!isRead(read_to, table, node, segment) || !isOfSite(cells, line, site)) continue
      const refused = {
        holds: textsIn(cells, line),
        names: namesIn(table, cells),
        received_ms: receiptOf(cells, table) ?? received_ms,
      }
      if (isChosen(refused)) found.push(planRow('quarantine', table, `${node}/${segment}/${row}`))
    }
  }
  return found
}

/** A refused row may be no JSON at all. */
function read(line: string): unknown[] | undefined {
  try {
    const cells: unknown = JSON.parse(line)
    return Array.isArray(cells) ? cells : undefined
  } catch {
    return undefined
  }
}

/** Of a row that cannot be read the values are looked for anywhere in it. */
function textsIn(cells: unknown[] | undefined, line: string): RefusedRow['holds'] {
  if (!cells) return (text) => line.includes(text)
  const texts = new Set<string>()
  const gather = (value: unknown): void => {
    if (typeof value === 'string') texts.add(value)
    else if (typeof value === 'object' && value !== null) Object.values(value).forEach(gather)
  }
  gather(cells)
  return (text) => texts.has(text)
}

/** The site is the first column of every table, behind the number of the row. */
function isOfSite(cells: unknown[] | undefined, line: string, site: string): boolean {
  return cells ? cells[1] === site : line.includes(JSON.stringify(site))
}

function receiptOf(cells: unknown[] | undefined, table: string): number | undefined {
  const columns = table in factTables ? Object.keys(factTables[table as FactTable]) : []
  const received = cells?.[1 + columns.indexOf('received_at')]
  return typeof received === 'number' ? received : undefined
}
