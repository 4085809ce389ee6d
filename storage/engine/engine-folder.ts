import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type BiUser, biUserName } from './bi-user.ts'
import { configXml, type EngineCluster, usersXml } from './config.ts'
import type { EngineLimits } from './limits.ts'

export interface EngineFiles {
  home: string
  port: number
  limits: EngineLimits
  user: string
  password: string
  bi: BiUser | undefined
  backups: string
  cluster?: EngineCluster | undefined
}

const STALE_MS = 10 * 60_000

/**
 * Writes config and users for one start, in a folder of their own: a second engine that tries for the same data must not
 * overwrite what the first one reads when it is restarted.
 */
export async function writeEngineFiles(files: EngineFiles): Promise<{ configFile: string; remove(): Promise<void> }> {
  await removeStale(files.home)
  const dir = join(files.home, `start-${randomBytes(6).toString('hex')}`)
  await mkdir(dir, { mode: 0o700 })
  const users = join(dir, 'users.xml')
  const configFile = join(dir, 'config.xml')
  await writeFile(users, usersXml(files), { mode: 0o600 })
  await writeFile(
    configFile,
    configXml({ ...files, users, names: files.bi ? [files.user, biUserName] : [files.user] }),
    { mode: 0o600 },
  )
  return { configFile, remove: () => rm(dir, { recursive: true, force: true }) }
}

/** Left by starts that were killed. Younger ones may be in use. */
async function removeStale(home: string): Promise<void> {
  for (const name of await readdir(home)) {
    if (!name.startsWith('start-')) continue
    const dir = join(home, name)
    const made = await stat(dir).catch(() => undefined)
    if (made && Date.now() - made.mtimeMs > STALE_MS) await rm(dir, { recursive: true, force: true })
  }
}

/** Only for the message to a second owner; the engine's own lock decides. So a full disk may refuse it. */
export async function rememberOwner(home: string, engine_pid: number): Promise<void> {
  const owner = { pid: process.pid, engine_pid, since: new Date().toISOString() }
  await writeFile(join(home, 'owner.json'), JSON.stringify(owner), { mode: 0o600 }).catch(() => {})
}

export async function forgetOwner(home: string): Promise<void> {
  await rm(join(home, 'owner.json'), { force: true })
}

/** Says who holds the folder, and what to do. */
export async function nameOwner(home: string): Promise<string> {
  const { pid, since } = await readOwner(join(home, 'owner.json'))
  const who = pid === undefined ? 'another process' : `process ${pid} (since ${since})`
  return `The embedded ClickHouse cannot have ${home}: ${who} is using it. Stop that service, or give this one another DATA_DIR.`
}

async function readOwner(file: string): Promise<{ pid?: number; since?: string }> {
  try {
    return JSON.parse(await readFile(file, 'utf8'))
  } catch {
    return {}
  }
}
