import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { Registry } from 'prom-client'
import { type Share, wholeShare } from '#domain/site-share.ts'
import type { Meeting } from '#matching/rebuild/meeting.ts'
import { type Matching, startMatching } from '#matching/service.ts'
import { openStore, type Store } from '#storage/client.ts'
import { openSettings } from '#storage/settings/open-settings.ts'
import type { Connection } from './clickhouse.ts'
import { leave } from './leave.ts'
import { type Logger, openLogger } from './logger.ts'
import { matchingFolder, removeOtherShares } from './matching-folder.ts'
import { openMeetings } from './matching-meetings.ts'
import type { FromMatching, ToMatching } from './matching-messages.ts'

const STATUS_MS = 1000
const SETTINGS_POLL_MS = 1000

export interface RunningMatching {
  matching: Matching
  metrics: Registry
  close(): Promise<void>
}

export interface MatchingOptions {
  connection: Connection
  data_dir: string
  outbound_allow: string[]
  log: Logger
  share?: Share
  /** Has all that share the sites make their history anew. */
  rebuildAll?: () => Promise<void>
}

/**
 * Left to itself V8 lets a heap of 140 MB grow to 600 before it clears away, where it thinks that there is memory enough: half
 * of the peak was garbage. While a backlog is read it does so at every half more, which is oftener than there is need of.
 */
const HEAP_FLAGS = '--heap-growing-percent=120'

/** Matching with the store and settings of its own that it needs in a process of its own. */
export async function openMatching({
  connection,
  data_dir,
  outbound_allow,
  log,
  share = wholeShare,
  rebuildAll,
}: MatchingOptions): Promise<RunningMatching> {
  setFlagsFromString(HEAP_FLAGS)
  const store: Store = openStore(connection)
  const dir = matchingFolder(data_dir, share)
  await mkdir(dir, { recursive: true, mode: 0o700 })
  if (share.index === 0) await removeOtherShares(data_dir, share)
  const now = () => Date.now()
  const file = join(dir, 'settings.json')
  const settings = await openSettings({ store: () => store, file, poll_ms: SETTINGS_POLL_MS, now, log })
  await settings.refresh()
  const metrics = new Registry()
  const snapshot_dir = join(dir, 'snapshots')
  const matching = await startMatching({
    ...{ store, settings, now, log, metrics, outbound_allow, share, snapshot_dir },
    ...(rebuildAll && { rebuildAll }),
  })
  return {
    matching,
    metrics,
    async close() {
      await matching.close()
      await settings.close()
      await store.close()
    },
  }
}

/** The hidden command `matching-process`: takes its orders over the channel from the service, and ends with it. */
export function runMatchingProcess(): void {
  if (!process.send) throw new Error('This command is for the service alone; use `throughline start --only matching`.')
  // Ctrl-C reaches the whole process group: the service decides when matching ends.
  process.on('SIGINT', () => {})
  process.on('SIGTERM', () => {})
  process.on('SIGHUP', () => {})
  process.on('disconnect', leave)
  let running: Promise<RunningMatching> | undefined
  let timer: NodeJS.Timeout | undefined
  const meetings = openMeetings(tell)
  process.on('message', (message: ToMatching) => {
    if (message.say === 'begin') {
      const log = openLogger(message.log_level)
      const isOneOfSeveral = (message.share?.of ?? 1) > 1
      running = openMatching({ ...message, log, ...(isOneOfSeveral && { rebuildAll: meetings.rebuildAll }) })
      running.catch((error: unknown) => fail(log, error))
      timer = setInterval(() => {
        tell({ say: 'beat' })
        void running?.then(({ matching }) => tell({ say: 'status', status: matching.status() }))
      }, STATUS_MS)
    }
    if (message.say === 'landed') void running?.then(({ matching }) => matching.poke())
    if (message.say === 'rebuild') {
      const meeting = message.meeting && meetings.join(message.request, message.meeting)
      void running?.then(({ matching }) => rebuild(matching, message, meeting))
    }
    if (message.say === 'met' || message.say === 'unmet' || message.say === 'all rebuilt') meetings.take(message)
    if (message.say === 'measure') void running?.then(({ metrics }) => measure(metrics, message.request))
    if (message.say === 'close') {
      clearInterval(timer)
      void (running ?? Promise.resolve(undefined)).then((it) => it?.close()).finally(leave)
    }
  })
}

function fail(log: Logger, error: unknown): never {
  log.fatal({ err: error }, 'matching cannot start')
  process.exit(1)
}

async function rebuild(
  matching: Matching,
  { request, site, check }: ToMatching & { say: 'rebuild' },
  meeting: Meeting | undefined,
): Promise<void> {
  try {
    const report = await matching.rebuild({ ...(site !== undefined && { site }), check }, meeting)
    tell({ say: 'rebuilt', request, report })
  } catch (error) {
    tell({ say: 'rebuilt', request, error: error instanceof Error ? error.message : String(error) })
  }
}

async function measure(metrics: Registry, request: number): Promise<void> {
  tell({ say: 'measured', request, metrics: await metrics.getMetricsAsJSON() })
}

function tell(message: FromMatching): void {
  // The service may be gone already, and this process goes with it: nobody is to read of a crash then.
  if (process.connected) process.send?.(message, undefined, undefined, () => {})
}
