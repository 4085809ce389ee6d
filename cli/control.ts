import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

const Control = z.object({
  pid: z.number().int(),
  /** The service's own address on this machine. */
  url: z.string(),
  /** Good for the life of this process; the owner's commands use it. */
  token: z.string(),
  clickhouse: z
    .object({ url: z.string(), user: z.string().optional(), password: z.string().optional(), database: z.string() })
    .optional(),
})

/** How a command finds the running service: `DATA_DIR/control.json`, readable by its owner alone. */
export type Control = z.infer<typeof Control>

export async function writeControl(dir: string, control: Control): Promise<void> {
  const file = join(dir, 'control.json')
  await writeFile(`${file}.new`, JSON.stringify(control), { mode: 0o600 })
  await rename(`${file}.new`, file)
}

export async function removeControl(dir: string): Promise<void> {
  await rm(join(dir, 'control.json'), { force: true })
}

/** The running service of this data folder; undefined when none runs (a file left by a killed one does not count). */
export async function findService(dir: string): Promise<Control | undefined> {
  const text = await readFile(join(dir, 'control.json'), 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const control = Control.safeParse(JSON.parse(text))
  return control.success && isAlive(control.data.pid) ? control.data : undefined
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
