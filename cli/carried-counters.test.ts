import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { openCarriedCounters } from './carried-counters.ts'
import { readMetrics, sumMetrics } from './sum-figures.ts'

/** What a process tells over its channel. */
async function told(rows: number, lag: number): Promise<object[]> {
  const registry = new Registry()
  const registers = [registry]
  new Counter({ name: 'rows_total', help: 'Rows', labelNames: ['table'], registers }).inc({ table: 'events' }, rows)
  new Gauge({ name: 'lag_seconds', help: 'Lag', registers }).set(lag)
  new Histogram({ name: 'step_seconds', help: 'Steps', buckets: [1, 2], registers }).observe(rows)
  return JSON.parse(JSON.stringify(await readMetrics(registry)))
}

test('counters of a process begun again go on from where it ended, and gauges do not', async () => {
  const carried = openCarriedCounters()
  const texts = async (metrics: object[]) =>
    (await sumMetrics([metrics])).split('\n').filter((line) => !/^#|^$/.test(line))
  expect(await texts(await carried.now(await told(5, 7)))).toEqual(
    expect.arrayContaining(['rows_total{table="events"} 5', 'lag_seconds 7', 'step_seconds_count 1']),
  )
  await carried.ended()
  const away = await texts(await carried.last())
  expect(away).toEqual(expect.arrayContaining(['rows_total{table="events"} 5', 'step_seconds_count 1']))
  expect(away.join('\n')).not.toContain('lag_seconds')
  const again = await texts(await carried.now(await told(1, 2)))
  expect(again).toEqual(
    expect.arrayContaining([
      'rows_total{table="events"} 6',
      'lag_seconds 2',
      'step_seconds_count 2',
      'step_seconds_bucket{le="1"} 1',
    ]),
  )
  await carried.ended()
  expect(await texts(await carried.now(await told(1, 2)))).toContain('rows_total{table="events"} 7')
})
