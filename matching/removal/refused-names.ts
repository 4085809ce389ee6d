import { factTables } from '#storage/fact-tables.ts'

export interface Named {
  kind: string
  value: string
}

/** Identifiers that a refused row bears in its columns; none when it cannot be read. */
export function namesIn(table: string, cells: readonly unknown[] | undefined): Named[] {
  if (!cells || !(table in factTables)) return []
  const columns = Object.keys(factTables[table as keyof typeof factTables])
  // The number of the row stands before the columns.
  const row = Object.fromEntries(columns.map((column, index) => [column, cells[index + 1]]))
  const names = Object.entries(kinds).flatMap(([column, kind]) =>
    [row[column]].flat().map((value) => ({ kind, value })),
  )
  const caller = row.from_extension ? `${row.from};ext=${row.from_extension}` : row.from
  if (table === 'calls') names.push({ kind: 'phone', value: row.direction === 'out' ? row.to : caller })
  const own = table === 'events' ? row.type === 'form' && 'lead' : ownKinds[table]
  if (own) names.push({ kind: own, value: row.id })
  if (table === 'annotations') names.push({ kind: String(row.on_kind), value: row.on_id })
  return names.filter((name): name is Named => typeof name.value === 'string' && name.value !== '')
}

const kinds = {
  ...{ visitor: 'visitor', session: 'session', ga: 'ga', ym: 'ym', user: 'user', contact_id: 'contact' },
  ...{ phone: 'phone', phones: 'phone', email: 'email', emails: 'email' },
}

/** What the facts of a table are as identifiers. */
const ownKinds: Record<string, string> = { calls: 'call', leads: 'lead', deals: 'deal' }
