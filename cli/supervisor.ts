import { collectDefaultMetrics, Registry } from 'prom-client'
import type { Position } from '#domain/position.ts'
import { answerLeaseQuestion, takeLeaseNote } from '#ingest/leases/remote-leases.ts'
import { type ClaimBook, openClaimBook } from '#ingest/log/claim-book.ts'
import { openRepeats } from '#ingest/log/claim-ids.ts'
import type { LogStatus } from '#ingest/log/log.ts'
import type { RepeatWindow } from '#ingest/log/repeat-window.ts'
import { Failure } from '#shell/failure.ts'
import { mintSecret } from '#storage/settings/secrets.ts'
import type { WritableSettings } from '#storage/settings/settings.ts'
import { type AbandonedLogs, drainAbandonedLogs, slotsWithLogs } from './abandoned-logs.ts'
import { carryByPlace } from './carried-counters.ts'
import type { Closers } from './closers.ts'
import { hungAfter } from './config.ts'
import {
  type IngestService,
  ingestFolder,
  mainLogFolder,
  openDurable,
  openLogAndLeases,
  openOwnLeases,
  openWindow,
} from './ingest-service.ts'
import type { MatchingFleet } from './matching-fleet.ts'
import { openProcessReports, type ProcessReports } from './process-reports.ts'
import type { ServiceOptions, ServiceParts } from './service.ts'
import { openBase } from './service-base.ts'
import type { StoreKeeper } from './store-keeper.ts'
import { readMetrics, sumLogStatus, sumMetrics } from './sum-figures.ts'
import { openFleet, type WorkerFleet } from './worker-fleet.ts'
import type { AskMain, FromWorker, SharedState } from './worker-messages.ts'
import type { WorkerCare } from './worker-slot.ts'

const STATE_EVERY_MS = 500
/** No worker's: theirs begin at 1. */
const MAIN_SLOT = 0

/** Several processes on one port: here is what there may be only one of, ClickHouse, leases, the memory of ids. */
export async function openSupervisor(options: ServiceOptions, closers: Closers): Promise<ServiceParts> {
  const { config, log } = options
  const now = () => Date.now()
  const metrics = new Registry()
  collectDefaultMetrics({ register: metrics })
  const reports = openProcessReports(log, metrics)
  const { keeper, settings } = await openBase(options, reports, closers)
  const window = await openWindow(config, now)
  let matching: MatchingFleet | undefined
  const reached: Position[] = []
  // Of a log that can be opened late only, the book hears when it is.
  let reach = (one: Position): void => void reached.push(one)
  const durable = {
    ...{ config, now, log, shards: keeper.shards, repeats: openRepeats(window, (one) => reach(one)) },
    onLanded: () => matching?.poke(),
  }
  const unread = (await slotsWithLogs(ingestFolder(config))).filter((slot) => slot <= config.WORKERS)
  const own = await openLogAndLeases({
    ...{ ...durable, metrics, folder: mainLogFolder },
    leases: openOwnLeases({ config, now, metrics, log }, { settings, store: keeper.store }),
  })
  let abandoned: AbandonedLogs | undefined
  // All wait for a ClickHouse that may be away, so they wait together.
  await closers.add('leases, logs and matching', async () => {
    for (const ended of await Promise.allSettled([own.close(), abandoned?.close(), matching?.close()])) {
      if (ended.status === 'rejected') throw ended.reason
    }
  })
  abandoned = await drainAbandonedLogs({
    dir: ingestFolder(config),
    workers: config.WORKERS,
    open: (folder, registry) => openDurable(folder, { ...durable, metrics: registry }),
    log,
  })
  const held: Held = { options, keeper, settings, metrics, reports, window, own, abandoned, matching: () => matching }
  const { fleet, control_token, book } = openWorkers(held, { unread, reached })
  reach = (one) => book.take(MAIN_SLOT, { say: 'opened', reached: one })
  await closers.add('workers', fleet.close)
  return {
    ...{ settings, keeper, control_token, reports, http: fleet, restart: fleet.restart },
    attachMatching(fleet) {
      matching = fleet
    },
  }
}

interface Held {
  options: ServiceOptions
  keeper: StoreKeeper
  settings: WritableSettings
  metrics: Registry
  reports: ProcessReports
  window: RepeatWindow
  own: Omit<IngestService, 'places'>
  abandoned: AbandonedLogs
  matching(): MatchingFleet | undefined
}

function openWorkers(
  held: Held,
  before: { unread: readonly number[]; reached: readonly Position[] },
): { fleet: WorkerFleet; control_token: string; book: ClaimBook } {
  const { options, keeper, settings, window } = held
  const control_token = mintSecret()
  const { config, roles, demo, log } = options
  const book = openClaimBook({
    ...{ ...before, window },
    tell: (slot, message) => fleet.tell(slot, { say: 'claims', message }),
  })
  const figures = openFigures(held, () => fleet)
  const state = (): SharedState => ({
    trouble: keeper.trouble(),
    shards_ready: keeper.shards.map((shard) => shard() !== undefined),
    processes: [...fleet.troubles(), ...held.abandoned.troubles()],
    matching: held.matching()?.status(),
  })
  const fleet: WorkerFleet = openFleet({
    workers: config.WORKERS,
    log,
    begin(slot, channel) {
      const begin = { slot, demo, roles: [...roles], window_key: window.key, control_token }
      void channel.tell({ say: 'begin', begin })
      void channel.tell({ say: 'state', state: state() })
      keeper.connected.then((connection) => channel.tell({ say: 'connection', connection })).catch(() => {})
    },
    told(slot, message) {
      if (message.say === 'rate') fleet.tellOthers(slot, { say: 'rate', slot, report: message.report })
      else take(slot, message, book, held)
    },
    asked: (_, question) => answer(question, held, figures),
    left(slot) {
      figures.left(slot)
      book.left(slot)
    },
    unread: (slot) => book.unreadable(slot),
    ...{ reports: held.reports, hung_after_ms: hungAfter(config).worker_ms },
  })
  setInterval(() => fleet.tellAll({ say: 'state', state: state() }), STATE_EVERY_MS).unref()
  settings.onChange(() => fleet.tellAll({ say: 'settings' }))
  return { fleet, control_token, book }
}

function take(
  slot: number,
  message: Exclude<FromWorker, { say: 'rate' }>,
  book: ClaimBook,
  { own, settings, matching }: Held,
): void {
  if (message.say === 'claims') book.take(slot, message.message)
  else if (message.say === 'lease') takeLeaseNote(own.leases, message.note)
  else if (message.say === 'landed') matching()?.poke()
  // What one worker has written, or has seen first, all others are told of when it has been read here.
  else if (message.say === 'settings') settings.refresh().catch(() => {})
}

function answer(question: AskMain, { own, window, matching }: Held, figures: Figures): ReturnType<WorkerCare['asked']> {
  if (question.ask === 'lease') return answerLeaseQuestion(own.leases, question.question)
  if (question.ask === 'sync window') return window.sync()
  if (question.ask === 'metrics') return figures.metrics()
  if (question.ask === 'log status') return figures.log_status()
  const running = matching()
  if (!running) throw new Failure('starting', 'Matching does not run in this service.', { retry_after_s: 5 })
  return running.rebuild(question.options)
}

interface Figures {
  metrics(): Promise<string>
  log_status(): Promise<LogStatus>
  /** The process of a slot is gone. */
  left(slot: number): void
}

/** What all processes say of themselves together. */
function openFigures({ metrics, own, abandoned, matching }: Held, fleet: () => WorkerFleet): Figures {
  /** Of each slot, as it was last: a log does not become empty because its worker is being started again. */
  const known = new Map<number, LogStatus>()
  const counters = carryByPlace()
  return {
    left: counters.ended,
    async metrics() {
      const [ours, logs, ofMatching, workers] = await Promise.all([
        readMetrics(metrics),
        abandoned.metrics(),
        matching()?.metrics() ?? [],
        fleet().askAll({ ask: 'metrics' }),
      ])
      return sumMetrics([ours, ...logs, ...ofMatching, ...(await counters.now(workers))])
    },
    async log_status() {
      for (const [slot, status] of await fleet().askAll({ ask: 'log status' }))
        if (status) known.set(slot, status as LogStatus)
      return sumLogStatus(own.log.status(), [...known.values(), ...abandoned.status()])
    },
  }
}
