import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '#shell/clock.ts'
import { Failure } from '#shell/failure.ts'
import type { Store } from '../client.ts'
import { checkPut, checkRemove } from './document-rules.ts'
import { type Change, type DocumentSet, openDocuments, type SettingsLog } from './document-set.ts'
import type { DocumentKind, Documents } from './documents.ts'
import type { SettingsChange, WritableSettings } from './settings.ts'
import { addVersion, countVersions, readNewest, type SettingsRow } from './settings-table.ts'
import { readSnapshot, writeSnapshot } from './snapshot.ts'
import { checkDocument } from './stored-document.ts'

export interface SettingsOptions {
  /** ClickHouse, once it is there. */
  store: () => Store | undefined
  /** Where the documents are kept for a start without ClickHouse. */
  file: string
  /** How often to look for what others have changed. */
  poll_ms: number
  now: Clock
  log: SettingsLog
}

/** Settings from the disk at once, from ClickHouse as soon as it answers, and from then on kept up to date. */
export async function openSettings(options: SettingsOptions): Promise<WritableSettings> {
  const { store, file, log } = options
  const documents = openDocuments(log)
  const kept = await readSnapshot(file)
  if (!kept) log.warn({ file }, 'the copy of the settings cannot be read, waiting for ClickHouse')
  documents.load((kept ?? []).map((document) => ({ ...document, is_deleted: 0 })))

  const reader = openReader(documents, options)
  const change = openWriter(documents, reader, options)
  // The first look is waited for, so that a service which finds ClickHouse up starts with what is in force.
  const stopPolling = await startPolling(reader, options)

  return {
    ...documents.settings,
    onChange(listener) {
      reader.listeners.add(listener)
      return () => reader.listeners.delete(listener)
    },
    async put<Kind extends DocumentKind>(kind: Kind, id: string, document: Documents[Kind], by: SettingsChange) {
      const checked = checkDocument(kind, id, document)
      const { version, changed_at_ms } = await change(kind, id, by, () => {
        checkPut(kind, checked, documents.settings)
        return { body: JSON.stringify(checked), is_deleted: 0 }
      })
      return { version, changed_at_ms, document: checked }
    },
    async remove(kind, id, by) {
      await change(kind, id, by, () => {
        if (!documents.settings.get(kind, id)) throw new Failure('setting_not_found', `There is no ${kind} "${id}".`)
        checkRemove(kind, id, documents.settings)
        return { body: '', is_deleted: 1 }
      })
    },
    refresh: () => reader.inTurn(() => reaching(store, reader.catchUp)),
    async close() {
      stopPolling()
      // A server that has gone silent must not hold up the stop; what it was asked is only read, or answered by nobody.
      await Promise.race([reader.inTurn(async () => {}), sleep(CLOSE_WAIT_MS, undefined, { ref: false })])
    },
  }
}

interface Reader {
  listeners: Set<(changed: Change[]) => void>
  /** Reading and writing take turns, so that every change is decided on the newest version. */
  inTurn<Answer>(act: () => Promise<Answer>): Promise<Answer>
  /** Reads what is new. To be called in turn. */
  catchUp(from: Store): Promise<void>
}

function openReader(documents: DocumentSet, { file, log }: SettingsOptions): Reader {
  const listeners: Reader['listeners'] = new Set()
  let seen_rows: number | undefined
  return {
    listeners,
    inTurn: openQueue(),
    async catchUp(from) {
      const rows = await countVersions(from)
      if (rows === seen_rows) return
      const changed = documents.load(await readNewest(from))
      seen_rows = rows
      if (changed.length === 0) return
      await writeSnapshot(file, documents.snapshot()).catch((error: unknown) => {
        log.warn({ err: error }, 'the copy of the settings cannot be written')
      })
      for (const listener of listeners) {
        try {
          listener(changed)
        } catch (error) {
          // The change is in force all the same, and the others have to hear of it.
          log.warn({ err: error }, 'a listener to settings failed')
        }
      }
    },
  }
}

/** How long a start waits for a ClickHouse that takes the connection and says nothing. */
const FIRST_LOOK_MS = 3_000
const CLOSE_WAIT_MS = 2_000

async function startPolling(reader: Reader, { store, poll_ms }: SettingsOptions): Promise<() => void> {
  let timer: NodeJS.Timeout | undefined
  let isStopped = false
  async function poll(): Promise<void> {
    const from = store()
    try {
      if (from) await reader.inTurn(() => reader.catchUp(from))
    } catch {
      // ClickHouse is away, or has no tables yet: what is in memory stays in force until it answers.
    }
    if (!isStopped) timer = setTimeout(() => void poll(), poll_ms)
  }
  await Promise.race([poll(), sleep(FIRST_LOOK_MS, undefined, { ref: false })])
  return () => {
    isStopped = true
    clearTimeout(timer)
  }
}

/** What a new version says. */
type Content = { body: string; is_deleted: 0 | 1 }

/** Adds a version on top of the newest one; `decide` sees that one and may refuse. */
function openWriter(documents: DocumentSet, reader: Reader, { store, now }: SettingsOptions) {
  return (
    kind: DocumentKind,
    id: string,
    { by, if_version }: SettingsChange,
    decide: () => Content,
  ): Promise<SettingsRow> =>
    reader.inTurn(() =>
      reaching(store, async (to) => {
        await reader.catchUp(to)
        const live = documents.settings.get(kind, id)?.version ?? 0
        if (if_version !== undefined && if_version !== live) throw conflict(kind, id, live)
        const row: SettingsRow = {
          kind,
          id,
          version: documents.newestVersion(kind, id) + 1,
          ...decide(),
          changed_at_ms: now(),
          changed_by: by,
        }
        const won = await addVersion(to, row)
        await reader.catchUp(to)
        if (!won) throw conflict(kind, id, documents.newestVersion(kind, id))
        return row
      }),
    )
}

async function reaching<Answer>(
  store: () => Store | undefined,
  act: (store: Store) => Promise<Answer>,
): Promise<Answer> {
  const found = store()
  if (!found) throw new Failure('store_away', 'Settings cannot be reached without ClickHouse.', { retry_after_s: 1 })
  try {
    return await act(found)
  } catch (error) {
    if (error instanceof Failure) throw error
    throw new Failure('store_away', 'ClickHouse did not give or take the settings.', { cause: error, retry_after_s: 1 })
  }
}

function conflict(kind: DocumentKind, id: string, version: number): Failure {
  return new Failure('version_conflict', `The ${kind} "${id}" is at version ${version}.`)
}

/** Runs one thing after the other, whatever became of the one before. */
function openQueue(): Reader['inTurn'] {
  let last: Promise<unknown> = Promise.resolve()
  return (act) => {
    const next = last.then(act)
    last = next.catch(() => undefined)
    return next
  }
}
