import { type Connection, ownConnection } from './clickhouse.ts'
import { type Config, hungAfter } from './config.ts'
import { findService } from './control.ts'
import type { Logger } from './logger.ts'
import { type MatchingFleet, startMatchingFleet } from './matching-fleet.ts'
import { openMatching, type RunningMatching } from './matching-process.ts'
import { openProcessReports } from './process-reports.ts'
import type { Service } from './service.ts'

/** `start --only matching`: beside services that run elsewhere on the same ClickHouse. */
export function startMatchingAlone({ config, log }: { config: Config; log: Logger }): Service {
  let running: Pick<RunningMatching | MatchingFleet, 'close'> | undefined
  async function begin(): Promise<void> {
    const connection = await findConnection(config)
    const { MATCHERS, DATA_DIR: data_dir, OUTBOUND_ALLOW: outbound_allow, LOG_LEVEL: log_level } = config
    const watch = { hung_after_ms: hungAfter(config).other_ms, reports: openProcessReports(log) }
    const begin = { connection, data_dir, outbound_allow, log_level }
    if (MATCHERS > 1) running = startMatchingFleet(MATCHERS, begin, log, watch)
    else running = await openMatching({ connection, data_dir, outbound_allow, log })
    log.info('matching runs')
  }
  return {
    ready: begin(),
    restart: () => log.warn('SIGHUP restarts workers, and there are none'),
    close: async () => running?.close(),
  }
}

async function findConnection(config: Config): Promise<Connection> {
  const connection = ownConnection(config) ?? (await findService(config.DATA_DIR))?.clickhouse
  if (!connection) throw new Error('Matching alone needs CLICKHOUSE_URL, or a service running on the same DATA_DIR.')
  return connection
}
