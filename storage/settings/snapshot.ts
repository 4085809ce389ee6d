import { open, readFile, rename } from 'node:fs/promises'
import { z } from 'zod'

const Snapshot = z.object({
  format: z.literal(1),
  documents: z.array(
    z.object({ kind: z.string(), id: z.string(), version: z.int(), changed_at_ms: z.number(), body: z.string() }),
  ),
})

export type SnapshotDocument = z.infer<typeof Snapshot>['documents'][number]

/** The documents as they were when last seen; none when there is no file, or none that can be read. */
export async function readSnapshot(file: string): Promise<SnapshotDocument[] | undefined> {
  try {
    return Snapshot.parse(JSON.parse(await readFile(file, 'utf8'))).documents
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    return undefined
  }
}

/** Whole or not at all, also when the power goes: services start from this file. For the owner alone: it holds secrets. */
export async function writeSnapshot(file: string, documents: SnapshotDocument[]): Promise<void> {
  const fresh = `${file}.new`
  const handle = await open(fresh, 'w', 0o600)
  try {
    await handle.writeFile(JSON.stringify({ format: 1, documents }))
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(fresh, file)
}
