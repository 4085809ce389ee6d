import type { DocumentKind, Documents, Versioned } from './documents.ts'

/** What services read settings from: in memory, in force within 2 s of a change anywhere, there before ClickHouse is. */
export interface Settings {
  get<Kind extends DocumentKind>(kind: Kind, id: string): Versioned<Documents[Kind]> | undefined
  list<Kind extends DocumentKind>(kind: Kind): Versioned<Documents[Kind]>[]
  /** Called after every change, with what changed. Returns the way to stop listening. */
  onChange(listener: (changed: { kind: DocumentKind; id: string }[]) => void): () => void
}

export interface SettingsChange {
  /** Who changes it, for the audit log: a token's id, or the command. */
  by: string
  /** The version the caller has seen; a Failure `version_conflict` when there is a newer one. */
  if_version?: number
}

/** Settings that can be written: needs ClickHouse, a Failure `store_away` without it. */
export interface WritableSettings extends Settings {
  put<Kind extends DocumentKind>(
    kind: Kind,
    id: string,
    document: Documents[Kind],
    change: SettingsChange,
  ): Promise<Versioned<Documents[Kind]>>
  remove(kind: DocumentKind, id: string, change: SettingsChange): Promise<void>
  /** Reads what others changed now, instead of at the next turn. */
  refresh(): Promise<void>
  close(): Promise<void>
}
