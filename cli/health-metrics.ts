import { statfs } from 'node:fs/promises'
import { Gauge, type Registry } from 'prom-client'

interface HealthSources {
  metrics: Registry
  data_dir: string
  log_quota_bytes: number
  version: string
  /** What is wrong with ClickHouse. */
  trouble(): string | undefined
}

/** Free bytes of the disk that a folder is on. */
export async function freeBytes(dir: string): Promise<number> {
  const { bavail, bsize } = await statfs(dir)
  return bavail * bsize
}

/** What to watch from outside beside what the log, ingest and the quarantine count themselves. */
export function measureHealth({ metrics, data_dir, log_quota_bytes, version, trouble }: HealthSources): void {
  const registers = [metrics]
  new Gauge({
    name: 'throughline_disk_free_bytes',
    help: 'Room on the disk of DATA_DIR.',
    // Every process of a service sees the same disk, and the same ClickHouse.
    aggregator: 'min',
    registers,
    async collect() {
      this.set(await freeBytes(data_dir))
    },
  })
  new Gauge({
    name: 'throughline_log_quota_bytes',
    help: 'What the log may hold; beyond it facts are refused.',
    aggregator: 'max',
    registers,
  }).set(log_quota_bytes)
  new Gauge({
    name: 'throughline_clickhouse_up',
    help: 'Whether ClickHouse answered when it was last asked: 1 or 0.',
    aggregator: 'min',
    registers,
    collect() {
      this.set(trouble() === undefined ? 1 : 0)
    },
  })
  new Gauge({
    name: 'throughline_info',
    help: 'The version that runs; always 1.',
    labelNames: ['version'],
    aggregator: 'max',
    registers,
  }).set({ version }, 1)
}
