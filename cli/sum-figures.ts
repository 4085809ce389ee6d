import { AggregatorRegistry, type Registry } from 'prom-client'
import type { LogStatus } from '#ingest/log/log.ts'

/** The metrics of one process, or of one log in it. */
export type Metrics = object[]

export async function readMetrics(registry: Registry): Promise<Metrics> {
  return registry.getMetricsAsJSON()
}

/** The text for Prometheus of all parts together; what cannot be added up is told of the first part. */
export function sumMetrics(parts: readonly Metrics[]): Promise<string> {
  const told = parts.map((metrics) =>
    metrics.map((metric) =>
      'aggregator' in metric && metric.aggregator === 'omit' ? { ...metric, ...first } : metric,
    ),
  )
  return AggregatorRegistry.aggregate(told).metrics()
}

const first = { aggregator: 'first' }

/** What all logs hold together, told by one of them: that one's node, and whether it takes more. */
export function sumLogStatus(own: LogStatus, others: readonly LogStatus[]): LogStatus {
  const all = [own, ...others]
  const oldest = all.flatMap(({ oldest_ms }) => oldest_ms ?? [])
  return {
    ...own,
    bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
    oldest_ms: oldest.length > 0 ? Math.min(...oldest) : null,
    segments_waiting: all.reduce((sum, { segments_waiting }) => sum + segments_waiting, 0),
    on_the_way: all.flatMap(({ on_the_way }) => on_the_way),
    last_flush_error: all.find(({ last_flush_error }) => last_flush_error !== null)?.last_flush_error ?? null,
  }
}
