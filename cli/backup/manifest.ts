import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { backupSteps } from '#storage/backup/backup-database.ts'

const Manifest = z.object({
  format: z.literal(1),
  /** The version that made it. */
  throughline: z.string(),
  /** When it was begun: what was accepted before is in it. */
  made_at: z.string(),
  database: z.string(),
  /** The newest migration that had run. */
  migration: z.int(),
  clickhouse: z.object({
    version: z.string(),
    steps: z.array(z.enum(backupSteps)),
    /** Where a server of its own keeps it; absent when it is in this folder. */
    server: z.object({ disk: z.string().optional(), path: z.string() }).optional(),
  }),
  /** Files of the data folder. */
  files: z.array(z.object({ path: z.string(), bytes: z.number(), sha256: z.string() })),
})

/** What a backup says of itself. It is written last: a folder without it is no backup. */
export type Manifest = z.infer<typeof Manifest>

export const manifestFile = 'backup.json'

/** Throws, saying what is wrong with the folder. */
export async function readManifest(dir: string): Promise<Manifest> {
  const text = await readFile(join(dir, manifestFile), 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new Error(`${dir} is no whole backup: ${manifestFile} cannot be read (${error.code}).`, { cause: error })
  })
  try {
    return Manifest.parse(JSON.parse(text))
  } catch (error) {
    throw new Error(`${join(dir, manifestFile)} cannot be understood; a newer Throughline may have made it.`, {
      cause: error,
    })
  }
}
