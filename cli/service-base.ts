import { join } from 'node:path'
import { openSettings } from '#storage/settings/open-settings.ts'
import type { WritableSettings } from '#storage/settings/settings.ts'
import type { Closers } from './closers.ts'
import type { Config } from './config.ts'
import type { Logger } from './logger.ts'
import type { ProcessReports } from './process-reports.ts'
import { keepStore, type StoreKeeper } from './store-keeper.ts'

export const SETTINGS_POLL_MS = 1000

/** Where the settings are kept for a start without ClickHouse. */
export function settingsFile({ DATA_DIR }: Config): string {
  return join(DATA_DIR, 'settings.json')
}

/** What the main process has, however many processes there are: ClickHouse, and the settings in it. */
export async function openBase(
  { config, log }: { config: Config; log: Logger },
  reports: ProcessReports,
  closers: Closers,
): Promise<{ keeper: StoreKeeper; settings: WritableSettings }> {
  const keeper = keepStore(config, log, reports)
  // Looked at later; without this a refused second start would count as an unhandled rejection until then.
  keeper.ready.catch(() => {})
  await closers.add('ClickHouse', keeper.close)
  const settings = await openSettings({
    ...{ store: keeper.home, file: settingsFile(config), log },
    poll_ms: SETTINGS_POLL_MS,
    now: () => Date.now(),
  })
  await closers.add('settings', settings.close)
  return { keeper, settings }
}
