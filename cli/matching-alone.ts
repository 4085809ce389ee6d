import type { Config } from './config.ts'
import { findService } from './control.ts'
import type { Logger } from './logger.ts'
import { openMatching } from './matching-process.ts'

/** `start --only matching`: beside services that run elsewhere on the same ClickHouse. */
export async function startMatchingAlone({
  config,
  log,
}: {
  config: Config
  log: Logger
}): Promise<{ close(): Promise<void> }> {
  const connection = config.CLICKHOUSE_URL
    ? { url: config.CLICKHOUSE_URL, database: config.CLICKHOUSE_DATABASE }
    : (await findService(config.DATA_DIR))?.clickhouse
  if (!connection) {
    throw new Error('Matching alone needs CLICKHOUSE_URL, or a service running on the same DATA_DIR.')
  }
  return openMatching({ connection, data_dir: config.DATA_DIR, outbound_allow: config.OUTBOUND_ALLOW, log })
}
