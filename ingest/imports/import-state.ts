import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { replaceFile } from '#ingest/log/durable-file.ts'
import { Rejection } from '#ingest/wire/receipt.ts'

/** How far an import has come: every line below `lines` is on the disk of the log, or was refused. */
const ImportState = z.object({
  id: z.string(),
  /** The id of the token that began it. */
  token: z.string(),
  lines: z.number().int(),
  /** Events of all lines so far; repeats count. */
  accepted: z.number().int(),
  rejected_total: z.number().int(),
  rejected: z.array(Rejection),
  /** Of the last write; empty while there was none. */
  position: z.string(),
  /** Whether the last request was read to its end. */
  is_ended: z.boolean(),
  updated_at_ms: z.number(),
})
export type ImportState = z.output<typeof ImportState>

/** Where an import is kept. Ids differ in capitals and may be `..`; names of folders must not. */
export function importFolder(dir: string, id: string): string {
  return join(dir, createHash('sha256').update(id).digest('hex').slice(0, 40))
}

/**
 * Where an import goes on. One of which nothing was accepted begins anew: most likely its site was missing, or its token
 * was the wrong one, and is put right before the next try.
 */
export function linesToKeep({ accepted, lines }: ImportState): number {
  return accepted === 0 ? 0 : lines
}

/** Undefined when there is none, or none that can be read: to begin anew repeats lines and loses none. */
export async function readState(folder: string): Promise<ImportState | undefined> {
  try {
    const state = ImportState.parse(JSON.parse(await readFile(join(folder, 'state'), 'utf8')))
    return { ...state, lines: linesToKeep(state) }
  } catch {
    return undefined
  }
}

/** Replaces the state whole; once it resolves, a power cut leaves this one or a later one. */
export function writeState(folder: string, state: ImportState): Promise<void> {
  return replaceFile(join(folder, 'state'), () => JSON.stringify(state))
}
