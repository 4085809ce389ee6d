import type { ByteText } from '#domain/byte-text.ts'
import { type FactRow, factTables } from '#storage/fact-tables.ts'
import { encodeRow } from './encode-row.ts'

/** An event row as ingest makes it, for tests and benchmarks. */
export function sampleEvent(fields: Partial<FactRow<'events'>> = {}): FactRow<'events'> {
  const row: Record<string, unknown> = {}
  for (const [column, type] of Object.entries(factTables.events)) row[column] = emptyValue(type)
  return {
    ...(row as FactRow<'events'>),
    site: 'shop',
    id: 'e1',
    type: 'page',
    at: day_ms,
    received_at: day_ms,
    ...fields,
  }
}

/** The same as a line of the log. */
export function sampleLine(fields: Partial<FactRow<'events'>> = {}): ByteText {
  return encodeRow('events', sampleEvent(fields))
}

const day_ms = Date.UTC(2026, 10, 21, 12)

function emptyValue(type: string): unknown {
  if (type.startsWith('Map')) return {}
  return /^(U?Int|DateTime64)/.test(type) ? 0 : ''
}
