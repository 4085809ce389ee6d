import { AggregatorRegistry, type MetricObject } from 'prom-client'
import type { Metrics } from './sum-figures.ts'

/** The counters of a process that is begun again from time to time, as if it had been one: whoever adds them up sees no dip. */
export interface CarriedCounters {
  /** What the process says of itself now, its counters with those of the ones before it. */
  now(told: Metrics): Promise<Metrics>
  /** The counters as they were last told: it does not answer, or does not run. */
  last(): Promise<Metrics>
  /** It has ended; what it counted after it was asked last is lost. */
  ended(): Promise<void>
}

export function openCarriedCounters(): CarriedCounters {
  let before: MetricObject[] = []
  let latest: MetricObject[] = []
  const sum = () => AggregatorRegistry.aggregate([before, latest]).getMetricsAsJSON()
  return {
    async now(told) {
      // Told by prom-client, in another process.
      const metrics = told as MetricObject[]
      latest = metrics.filter(isCounted)
      return [...metrics.filter((metric) => !isCounted(metric)), ...(await sum())]
    },
    last: sum,
    async ended() {
      before = (await sum()) as MetricObject[]
      latest = []
    },
  }
}

/** The same of several processes, each by its place. */
export interface CarriedByPlace {
  /** What all of them say: those that do not answer now with the counters they told last. */
  now(told: ReadonlyMap<number, unknown>): Promise<Metrics[]>
  ended(place: number): void
}

export function carryByPlace(): CarriedByPlace {
  const places = new Map<number, CarriedCounters>()
  return {
    now(told) {
      for (const place of told.keys()) if (!places.has(place)) places.set(place, openCarriedCounters())
      return Promise.all(
        [...places].map(([place, counters]) => {
          const metrics = told.get(place) as Metrics | undefined
          return metrics ? counters.now(metrics) : counters.last()
        }),
      )
    },
    ended: (place) => void places.get(place)?.ended(),
  }
}

/** `type` is a word in what another process tells, and a number nowhere. */
function isCounted({ type }: MetricObject): boolean {
  return ['counter', 'histogram'].includes(String(type))
}
