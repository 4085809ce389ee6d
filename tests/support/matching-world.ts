import type { Store } from '#storage/client.ts'
import { type FactRow, type FactTable, factTables } from '#storage/fact-tables.ts'
import type { DocumentKind, Documents, Versioned } from '#storage/settings/documents.ts'
import { DestinationDocument, PoolDocument, SiteDocument } from '#storage/settings/documents.ts'
import type { Settings } from '#storage/settings/settings.ts'

/** The moment worlds in tests begin at. */
export const START_MS = Date.UTC(2026, 10, 1, 9)

export const SECOND = 1_000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

/** A fact row with everything that is not said left empty. `received_at` is `at` unless given. */
export function factRow<Table extends FactTable>(table: Table, said: Partial<FactRow<Table>>): FactRow<Table> {
  const row: Record<string, unknown> = {}
  for (const [name, type] of Object.entries<string>(factTables[table])) row[name] = emptyValue(type)
  const moment = (said as { at?: number; from?: unknown }).at ?? START_MS
  // Every column of the table was given a value of its type above.
  return { ...row, site: 'shop', received_at: moment, ...said } as FactRow<Table>
}

/** A page view that came directly, unless said otherwise. */
export function page(said: Partial<FactRow<'events'>>): FactRow<'events'> {
  return factRow('events', {
    ...{ type: 'page', url: 'https://shop.example/', source: '(direct)', medium: '(none)', channel: 'direct' },
    ...said,
  })
}

export interface WorldFact {
  table: FactTable
  row: { received_at: number }
}

export function fact<Table extends FactTable>(table: Table, said: Partial<FactRow<Table>>): WorldFact {
  return { table, row: table === 'events' ? page(said as Partial<FactRow<'events'>>) : factRow(table, said) }
}

/** Where facts stand in the log is part of the fact: the same log read in another order must give the same answer. */
export interface LoggedFact extends WorldFact {
  node: string
  segment: number
  line: number
}

/** Cuts facts into segments of one log, in the order given. */
export function logFacts(facts: readonly WorldFact[], node = 'n1', perSegment = 3): LoggedFact[] {
  const counts = new Map<FactTable, number>()
  return facts.map((one) => {
    const count = counts.get(one.table) ?? 0
    counts.set(one.table, count + 1)
    return { ...one, node, segment: Math.floor(count / perSegment), line: count % perSegment }
  })
}

/** Puts logged facts into ClickHouse as the writer does: rows first, then the word that their segment has landed. */
export async function landFacts(store: Store, facts: readonly LoggedFact[], landed_at = START_MS): Promise<void> {
  const segments = new Map<string, LoggedFact[]>()
  for (const one of facts) {
    const key = `${one.table}\n${one.node}\n${one.segment}`
    segments.set(key, [...(segments.get(key) ?? []), one])
  }
  const byTable = new Map<FactTable, object[]>()
  for (const { table, node, segment, line, row } of facts) {
    byTable.set(table, [...(byTable.get(table) ?? []), { node, segment, row: line, ...row }])
  }
  for (const [table, rows] of byTable) await store.insert(table, rows)
  await store.insert(
    'segments',
    [...segments.values()].map((rows) => {
      const { node, table, segment } = rows[0] as LoggedFact
      const first_received_at = Math.min(...rows.map(({ row }) => row.received_at))
      return { node, table, segment, rows: Math.max(...rows.map(({ line }) => line)) + 1, first_received_at, landed_at }
    }),
  )
}

type Document = { site?: object[]; pool?: object[]; destination?: object[] }

/** Settings that hold these documents, checked as the real ones are. `change` replaces a document and tells listeners. */
export function fixedSettings(documents: Document = {}): Settings & {
  change(kind: DocumentKind, document: object, changed_at_ms?: number): void
} {
  const schemas = { site: SiteDocument, pool: PoolDocument, destination: DestinationDocument }
  const kept = new Map<string, Versioned<never>>()
  const listeners = new Set<(changed: { kind: DocumentKind; id: string }[]) => void>()
  const change = (kind: DocumentKind, document: object, changed_at_ms = 0) => {
    const parsed = schemas[kind as keyof typeof schemas].parse(document)
    const version = (kept.get(`${kind}/${parsed.id}`)?.version ?? 0) + 1
    // The map holds documents of every kind; `get` and `list` give each back under its own.
    kept.set(`${kind}/${parsed.id}`, { version, changed_at_ms, document: parsed as never })
    for (const listener of listeners) listener([{ kind, id: parsed.id }])
  }
  for (const [kind, some] of Object.entries(documents)) for (const one of some) change(kind as DocumentKind, one)
  return {
    change,
    get: <Kind extends DocumentKind>(kind: Kind, id: string) =>
      kept.get(`${kind}/${id}`) as Versioned<Documents[Kind]> | undefined,
    list: <Kind extends DocumentKind>(kind: Kind) =>
      [...kept].filter(([key]) => key.startsWith(`${kind}/`)).map(([, document]) => document) as Versioned<
        Documents[Kind]
      >[],
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** A number of the shop's pool. */
export const tracked = '+74951110001'

/** A page view of visitor `v1`. */
export function visit(session: string, at: number, said: object = {}): WorldFact {
  return fact('events', { id: `page-${session}-${at}`, at, visitor: 'v1', session, ...said })
}

/** A number on the screen of visitor `v1` from one moment to another, and kept for them a little longer. */
export function lease(session: string, from: number, seen: number, said: object = {}): WorldFact {
  const times = { from, seen, to: seen + 150 * SECOND, received_at: seen }
  return fact('leases', { change: 'renewed', pool: 'main', number: tracked, visitor: 'v1', session, ...times, ...said })
}

/** A long call to the tracked number. */
export function call(id: string, at: number, said: object = {}): WorldFact {
  const talk = { status: 'answered', talk: 40, duration: 45 }
  return fact('calls', { id, at, from: '+79264445566', to: tracked, direction: 'in', ...talk, ...said })
}

/** A form sent by visitor `v1`. */
export function form(id: string, session: string, at: number, said: object = {}): WorldFact {
  return fact('events', { id, at, type: 'form', visitor: 'v1', session, ...said })
}

/** What the history says, asked as a reader does. */
export function readHistory(store: () => Store) {
  const row = async (sql: string, params: Record<string, string>) =>
    (await store().query<Record<string, unknown>>(sql, params))[0]
  return {
    match: (id: string) => row('SELECT * FROM call_matches FINAL WHERE id = {id:String}', { id }),
    conversion: (id: string) => row('SELECT * FROM conversions FINAL WHERE id = {id:String}', { id }),
    person: async (kind: string, value: string) =>
      (
        await row('SELECT person FROM identities FINAL WHERE kind = {kind:String} AND value = {value:String}', {
          kind,
          value,
        })
      )?.person as string | undefined,
    path: (id: string) =>
      store().query<Record<string, unknown>>(
        `SELECT position, length, session, call, channel, source, campaign FROM touchpoints FINAL
         WHERE conversion = {id:String} ORDER BY position`,
        { id },
      ),
  }
}

/** A shop with one pool of two tracked numbers and one static number that stands for a newspaper. */
export const shop: Document = {
  site: [{ id: 'shop', domains: ['shop.example'], blocked: ['+79990000000', 'boss@shop-mail.ru'] }],
  pool: [
    {
      id: 'main',
      site: 'shop',
      kind: 'dynamic',
      numbers: ['+74951110001', '+74951110002'],
      replaces: ['+74950000000'],
    },
    { id: 'paper', site: 'shop', kind: 'static', numbers: ['+74952220000'], source: 'gazette', medium: 'print' },
  ],
}

function emptyValue(type: string): unknown {
  if (type.startsWith('Nullable')) return null
  if (type.startsWith('Map')) return {}
  if (type.startsWith('Array')) return []
  if (/^(U?Int|DateTime64)/.test(type)) return 0
  if (type === 'Date') return '2026-11-01'
  return type.startsWith('Decimal') ? '0' : ''
}
