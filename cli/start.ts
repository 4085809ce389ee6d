import { mkdir } from 'node:fs/promises'
import closeWithGrace from 'close-with-grace'
import { baseUrlOf, type Config, WrongSettings } from './config.ts'
import { findService } from './control.ts'
import { openLogger } from './logger.ts'
import { startMatchingAlone } from './matching-alone.ts'
import { startService } from './service.ts'

export const roles = ['ingest', 'cdn', 'reports-api', 'matching'] as const
export type Role = (typeof roles)[number]

const CLOSE_MS = 30_000

/** `throughline start`: runs until SIGTERM or SIGINT, then closes cleanly with nothing lost. */
export async function start(config: Config, options: { only?: string; demo?: boolean }): Promise<void> {
  const wanted = readRoles(options.only)
  const log = openLogger(config.LOG_LEVEL)
  await mkdir(config.DATA_DIR, { recursive: true, mode: 0o700 })
  const isMatchingAlone = wanted.size === 1 && wanted.has('matching')
  const running = isMatchingAlone ? undefined : await findService(config.DATA_DIR)
  if (running) {
    throw new Error(
      `A service already runs on ${config.DATA_DIR} (process ${running.pid}, ${running.url}). Stop it, or set DATA_DIR to another folder.`,
    )
  }
  const service = isMatchingAlone
    ? await startMatchingAlone({ config, log })
    : await startService({ config, roles: wanted, demo: options.demo === true, log, say })
  closeWithGrace({ delay: CLOSE_MS, logger: { error: () => {} } }, async ({ err, signal }) => {
    if (err) log.fatal({ err }, 'closing after an error')
    else log.info({ signal }, 'closing')
    await service.close()
    log.info('closed')
  })
  if (!isMatchingAlone) log.debug({ base_url: baseUrlOf(config) }, 'started')
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
