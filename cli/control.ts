import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { FolderInUse, isFolderLocked, lockFolder } from '#ingest/log/lock-folder.ts'

const Control = z.object({
  pid: z.number().int(),
  /** The service's own address on this machine. */
  url: z.string(),
  /** Good for the life of this process; the owner's commands use it. */
  token: z.string(),
  clickhouse: z
    .object({
      url: z.string(),
      user: z.string().optional(),
      password: z.string().optional(),
      database: z.string(),
      cluster: z.object({ name: z.string(), urls: z.array(z.string()) }).optional(),
    })
    .optional(),
})

/** How a command finds the running service: `DATA_DIR/control.json`, readable by its owner alone. */
export type Control = z.infer<typeof Control>

export async function writeControl(dir: string, control: Control): Promise<void> {
  const file = join(dir, 'control.json')
  // One that a crash left behind may have other rights.
  await rm(`${file}.new`, { force: true })
  await writeFile(`${file}.new`, JSON.stringify(control), { mode: 0o600 })
  await rename(`${file}.new`, file)
}

export async function removeControl(dir: string): Promise<void> {
  await rm(join(dir, 'control.json'), { force: true })
}

/** The running service of this data folder; undefined when none runs, or it is not ready yet. */
export async function findService(dir: string): Promise<Control | undefined> {
  // A process id would not do: after a restart of the machine, or in a container, it soon belongs to somebody else.
  return (await isFolderLocked(dir)) ? readControl(dir) : undefined
}

/** Keeps a second service off the data folder. Throws, naming the one that has it. */
export async function ownFolder(dir: string): Promise<{ release(): Promise<void> }> {
  try {
    return await lockFolder(dir, { wait_ms: LOCK_WAIT_MS })
  } catch (error) {
    if (!(error instanceof FolderInUse)) throw error
    const running = await readControl(dir)
    const who = running ? ` (process ${running.pid}, ${running.url})` : ', and is starting or stopping'
    throw new Error(`A service already runs on ${dir}${who}. Stop it, or set DATA_DIR to another folder.`)
  }
}

/** A command that looks whether a service runs holds the lock for a moment. */
const LOCK_WAIT_MS = 500

/** What cannot be read says nothing: the next start writes it anew. */
async function readControl(dir: string): Promise<Control | undefined> {
  try {
    return Control.parse(JSON.parse(await readFile(join(dir, 'control.json'), 'utf8')))
  } catch {
    return undefined
  }
}
