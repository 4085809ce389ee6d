import { collectDefaultMetrics, Registry } from 'prom-client'
import { openRepeats } from '#ingest/log/claim-ids.ts'
import { mintSecret } from '#storage/settings/secrets.ts'
import { drainAbandonedLogs } from './abandoned-logs.ts'
import type { Closers } from './closers.ts'
import { baseUrlOf } from './config.ts'
import { openHttp } from './http-service.ts'
import { ingestFolder, mainLogFolder, openDurable, openIngest, openOwnLeases, openWindow } from './ingest-service.ts'
import type { MatchingFleet } from './matching-fleet.ts'
import { openProcessReports } from './process-reports.ts'
import type { ServiceOptions, ServiceParts } from './service.ts'
import { openBase } from './service-base.ts'
import { readMetrics, sumLogStatus, sumMetrics } from './sum-figures.ts'

/** Everything HTTP in one process, which holds the log, the leases and the memory of ids itself. */
export async function openSingle(options: ServiceOptions, closers: Closers): Promise<ServiceParts> {
  const { config, roles, demo, log } = options
  const now = () => Date.now()
  const metrics = new Registry()
  collectDefaultMetrics({ register: metrics })
  const reports = openProcessReports(log, metrics)
  const { keeper, settings } = await openBase(options, reports, closers)
  let matching: MatchingFleet | undefined
  const durable = {
    ...{ config, now, log, shards: keeper.shards, repeats: openRepeats(await openWindow(config, now)) },
    onLanded: () => matching?.poke(),
  }
  const ingest = await openIngest({
    ...{ ...durable, metrics, folder: mainLogFolder },
    leases: openOwnLeases({ config, now, metrics, log }, { settings, store: keeper.store }),
  })
  const abandoned = await drainAbandonedLogs({
    dir: ingestFolder(config),
    workers: 0,
    open: (folder, registry) => openDurable(folder, { ...durable, metrics: registry }),
    log,
  })
  // All wait for a ClickHouse that may be away, so they wait together.
  await closers.add('ingest and matching', async () => {
    for (const ended of await Promise.allSettled([ingest.close(), abandoned.close(), matching?.close()])) {
      if (ended.status === 'rejected') throw ended.reason
    }
  })
  const control_token = mintSecret()
  const base_url = baseUrlOf(config)
  const http = await openHttp({
    ...{ config, roles, demo, log, now, metrics, settings, keeper, ingest, control_token, base_url },
    matching: () => matching,
    process_troubles: abandoned.troubles,
    log_status: () => sumLogStatus(ingest.log.status(), abandoned.status()),
    async metrics_text() {
      const ofMatching = matching?.metrics() ?? []
      return sumMetrics([await readMetrics(metrics), ...(await abandoned.metrics()), ...(await ofMatching)])
    },
  })
  await closers.add('http', () => http.close())
  return {
    ...{ settings, keeper, http, control_token, reports },
    attachMatching(fleet) {
      matching = fleet
    },
  }
}
