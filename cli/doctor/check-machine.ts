import { constants } from 'node:fs'
import { access, readFile, stat, statfs } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { readSnapshot } from '#storage/settings/snapshot.ts'
import { lastBackupFile } from '../backup.ts'
import type { Config } from '../config.ts'
import { type Check, fault, ok, size, span, warning } from './check.ts'

const NODE_MIN = [20, 19] as const
const FILES_MIN = 4096
const BACKUP_OLD_MS = 7 * 86_400_000

export function checkNode(version: string = process.versions.node): Check[] {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const isNew = major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1])
  if (isNew) return [ok('node', version)]
  return [fault('node', `${version} is too old`, `Install Node ${NODE_MIN.join('.')} or newer.`)]
}

/** Undefined when the folder is not there: nothing was ever started. */
export async function checkFolder({ DATA_DIR }: Config): Promise<Check[] | undefined> {
  const dir = resolve(DATA_DIR)
  const found = await stat(dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (!found) return undefined
  if (!found.isDirectory()) return [fault('DATA_DIR', `${dir} is no folder`, 'Set DATA_DIR to a folder.')]
  try {
    await access(dir, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch {
    return [
      fault(
        'DATA_DIR',
        `${dir} cannot be written by this user`,
        'Run this as the user of the service, or give it the folder.',
      ),
    ]
  }
  if ((found.mode & 0o077) !== 0) {
    return [warning('DATA_DIR', `${dir} is open to other users of this machine`, `chmod 700 ${dir}`)]
  }
  return [ok('DATA_DIR', dir)]
}

export async function checkDisk(
  { DATA_DIR, MIN_FREE_BYTES, LOG_QUOTA_BYTES }: Config,
  log_bytes: number,
): Promise<Check[]> {
  const { bavail, bsize } = await statfs(DATA_DIR)
  const free = bavail * bsize
  const says = `${size(free)} free`
  if (free < MIN_FREE_BYTES) {
    return [fault('disk', `${says}, less than MIN_FREE_BYTES: facts are refused`, 'Make room on the disk of DATA_DIR.')]
  }
  const room = free - MIN_FREE_BYTES
  if (room < LOG_QUOTA_BYTES - log_bytes) {
    const short = `${says}: the log cannot grow to its quota of ${size(LOG_QUOTA_BYTES)} while ClickHouse is away`
    return [warning('disk', short, 'Make room, or lower LOG_QUOTA_BYTES so that you know what to count on.')]
  }
  return [ok('disk', says)]
}

export async function checkOpenFiles(): Promise<Check[]> {
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '')
  const soft = /^Max open files\s+(\d+|unlimited)/m.exec(limits)?.[1]
  if (soft === undefined) return []
  if (soft === 'unlimited' || Number(soft) >= FILES_MIN) return [ok('open files', `up to ${soft}`)]
  const fix = `Raise the limit for the service to ${FILES_MIN} or more (ulimit -n, LimitNOFILE=).`
  return [warning('open files', `only ${soft}: connections and parts of tables may run out of them`, fix)]
}

export async function checkBackup({ DATA_DIR }: Config, now_ms: number): Promise<Check[]> {
  const text = await readFile(join(DATA_DIR, lastBackupFile), 'utf8').catch(() => undefined)
  const fix = '`throughline backup DIR`, to another disk; docs/operation.md describes it.'
  if (text === undefined) return [warning('backup', 'none was made by this command', fix)]
  const { made_at, to } = JSON.parse(text) as { made_at: string; to: string }
  const age_ms = now_ms - Date.parse(made_at)
  const says = `the last is ${span(age_ms)} old, in ${to}`
  return [age_ms > BACKUP_OLD_MS ? warning('backup', says, fix) : ok('backup', says)]
}

export async function checkRetention({ DATA_DIR }: Config): Promise<Check[]> {
  const documents = (await readSnapshot(join(DATA_DIR, 'settings.json'))) ?? []
  const sites = documents.filter(({ kind }) => kind === 'site')
  const limited = sites.filter(({ body }) => (JSON.parse(body) as { retention_days?: number }).retention_days)
  if (sites.length === 0) return []
  return [
    ok('retention', `${limited.length} of ${sites.length} sites have retention_days; the others keep facts for ever`),
  ]
}
