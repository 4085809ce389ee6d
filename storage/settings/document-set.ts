import type { DocumentKind, Documents, Versioned } from './documents.ts'
import type { Settings } from './settings.ts'
import type { SettingsRow } from './settings-table.ts'
import type { SnapshotDocument } from './snapshot.ts'
import { isKind, readDocument } from './stored-document.ts'

export interface SettingsLog {
  warn(fields: object, message: string): void
}

export interface Change {
  kind: DocumentKind
  id: string
}

interface Entry<Kind extends DocumentKind = DocumentKind> {
  kind: Kind
  id: string
  /** The newest version there is, deleted or broken ones too. */
  newest: number
  /** What is in force. */
  live: Versioned<Documents[Kind]> | undefined
}

export interface DocumentSet {
  settings: Pick<Settings, 'get' | 'list'>
  /** Replaces all documents by these; returns what has changed by that. */
  load(rows: Omit<SettingsRow, 'changed_by'>[]): Change[]
  newestVersion(kind: DocumentKind, id: string): number
  snapshot(): SnapshotDocument[]
}

/** The documents in memory. A stored one that cannot be understood leaves the one before it in force. */
export function openDocuments(log: SettingsLog): DocumentSet {
  let entries = new Map<string, Entry>()
  const settings: DocumentSet['settings'] = {
    get<Kind extends DocumentKind>(kind: Kind, id: string) {
      // Entries are filed under their kind.
      return entries.get(keyOf(kind, id))?.live as Versioned<Documents[Kind]> | undefined
    },
    list<Kind extends DocumentKind>(kind: Kind) {
      const found = [...entries.values()].filter((entry) => entry.kind === kind && entry.live)
      return found.sort((a, b) => (a.id < b.id ? -1 : 1)).map(({ live }) => live as Versioned<Documents[Kind]>)
    },
  }
  return {
    settings,
    load(rows) {
      const before = entries
      entries = new Map()
      for (const row of rows) {
        if (!isKind(row.kind)) log.warn({ kind: row.kind, id: row.id }, 'settings document of an unknown kind left out')
        else entries.set(keyOf(row.kind, row.id), entryOf(row.kind, row, before.get(keyOf(row.kind, row.id)), log))
      }
      return changesBetween(before, entries)
    },
    newestVersion: (kind, id) => entries.get(keyOf(kind, id))?.newest ?? 0,
    snapshot: () =>
      [...entries.values()].flatMap(({ kind, id, live }) =>
        live ? [{ kind, id, ...versionOf(live), body: JSON.stringify(live.document) }] : [],
      ),
  }
}

function entryOf(
  kind: DocumentKind,
  row: Omit<SettingsRow, 'changed_by'>,
  before: Entry | undefined,
  log: SettingsLog,
): Entry {
  const { id, version, changed_at_ms } = row
  if (row.is_deleted) return { kind, id, newest: version, live: undefined }
  if (before?.newest === version && before.live?.version === version) return before
  const read = readDocument(kind, row.body)
  if ('trouble' in read) {
    log.warn({ kind, id, version, trouble: read.trouble }, 'settings document cannot be understood, left out')
    return { kind, id, newest: version, live: before?.live }
  }
  return { kind, id, newest: version, live: { version, changed_at_ms, document: read.document } }
}

function changesBetween(before: Map<string, Entry>, after: Map<string, Entry>): Change[] {
  const changed: Change[] = []
  for (const [key, { kind, id }] of new Map([...before, ...after])) {
    if (before.get(key)?.live?.version !== after.get(key)?.live?.version) changed.push({ kind, id })
  }
  return changed
}

function versionOf({ version, changed_at_ms }: Versioned<unknown>): { version: number; changed_at_ms: number } {
  return { version, changed_at_ms }
}

function keyOf(kind: string, id: string): string {
  return `${kind}/${id}`
}
