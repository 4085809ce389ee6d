import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { expect, test } from 'vitest'
import type { LogStatus } from '#ingest/log/log.ts'
import { readMetrics, sumLogStatus, sumMetrics } from './sum-figures.ts'

function oneProcess(rows: number, age_s: number): Registry {
  const registers = [new Registry()]
  collectDefaultMetrics({ register: registers[0] as Registry })
  new Counter({ name: 'rows_total', help: 'h', labelNames: ['table'], registers }).inc({ table: 'events' }, rows)
  new Gauge({ name: 'age_seconds', help: 'h', aggregator: 'max', registers }).set(age_s)
  const sync = new Histogram({ name: 'sync_seconds', help: 'h', buckets: [1, 2], registers })
  for (let i = 0; i < rows; i++) sync.observe(1.5)
  return registers[0] as Registry
}

test('metrics of several processes are added up, ages are not, and what cannot be is of the first', async () => {
  const text = await sumMetrics([await readMetrics(oneProcess(2, 7)), await readMetrics(oneProcess(3, 9))])
  expect(text).toContain('rows_total{table="events"} 5')
  expect(text).toContain('age_seconds 9')
  expect(text).toContain('sync_seconds_bucket{le="1"} 0')
  expect(text).toContain('sync_seconds_bucket{le="2"} 5')
  expect(text).toContain('sync_seconds_count 5')
  expect(text).toMatch(/^process_start_time_seconds \d+$/m)
})

test('a log is told of with what all logs hold, and with whether this one takes more', () => {
  const status: LogStatus = {
    node: 'a',
    bytes: 1,
    oldest_ms: null,
    segments_waiting: 1,
    last_flush_error: null,
    full: false,
    full_because: null,
    landed: { events: 1, leases: 0, calls: 0, leads: 0, deals: 0, costs: 0, annotations: 0, erasures: 0 },
    on_the_way: [{ node: 'a', segments: { events: 2 } }],
  }
  const other: LogStatus = { ...status, node: 'b', oldest_ms: 5, last_flush_error: 'ECONNREFUSED', full: true }
  expect(sumLogStatus(status, [other, { ...other, oldest_ms: 3 }])).toEqual({
    ...status,
    bytes: 3,
    oldest_ms: 3,
    segments_waiting: 3,
    on_the_way: [...status.on_the_way, ...status.on_the_way, ...status.on_the_way],
    last_flush_error: 'ECONNREFUSED',
  })
  expect(sumLogStatus(status, [])).toEqual(status)
})
