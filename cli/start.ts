import { access, constants, mkdir } from 'node:fs/promises'
import { type Config, WrongSettings } from './config.ts'
import { endWithSignals, isHangupTheEnd } from './end-with-signals.ts'
import { openLogger } from './logger.ts'
import { startMatchingAlone } from './matching-alone.ts'
import { startService } from './service.ts'

export const roles = ['ingest', 'cdn', 'reports-api', 'matching'] as const
export type Role = (typeof roles)[number]

/** `throughline start`: runs until SIGTERM or SIGINT, then closes cleanly with nothing lost. */
export async function start(config: Config, options: { only?: string; demo?: boolean }): Promise<void> {
  const wanted = readRoles(options.only)
  const log = openLogger(config.LOG_LEVEL)
  await makeFolder(config.DATA_DIR)
  const isMatchingAlone = wanted.size === 1 && wanted.has('matching')
  const service = isMatchingAlone
    ? startMatchingAlone({ config, log })
    : startService({ config, roles: wanted, demo: options.demo === true, log, say })
  let isEnding = false
  // From the first moment on: a start may wait long for a ClickHouse that is away, and accepts facts meanwhile.
  endWithSignals(() => {
    isEnding = true
    return service.close()
  }, log)
  if (!isHangupTheEnd) process.on('SIGHUP', () => service.restart())
  try {
    await service.ready
  } catch (error) {
    // A start that was told to end has not failed.
    if (isEnding) return
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exit(1)
  }
}

async function makeFolder(dir: string): Promise<void> {
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 })
    await access(dir, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new Error(
      `DATA_DIR cannot be written: ${dir} (${code}). Make it writable, or set DATA_DIR to another folder.`,
      {
        cause: error,
      },
    )
  }
}

function readRoles(only: string | undefined): Set<Role> {
  if (only === undefined) return new Set(roles)
  const wanted = only.split(',').map((role) => role.trim())
  const unknown = wanted.filter((role) => !(roles as readonly string[]).includes(role))
  if (unknown.length > 0) throw new WrongSettings([`--only: there is no role ${unknown.join(', ')}`])
  return new Set(wanted as Role[])
}

/** For the person at the terminal; the log is for machines. */
function say(text: string): void {
  process.stdout.write(text)
}
