import rateLimit from '@fastify/rate-limit'
import type { Registry } from 'prom-client'
import type { Places } from '#ingest/enrich/place.ts'
import { openVisitors } from '#ingest/enrich/visitor.ts'
import { openImports } from '#ingest/imports/imports.ts'
import type { Leases } from '#ingest/leases/leases.ts'
import type { Log } from '#ingest/log/log.ts'
import type { Clock } from '#shell/clock.ts'
import { Failure } from '#shell/failure.ts'
import type { App } from '#shell/http.ts'
import type { Store } from '#storage/client.ts'
import type { Settings } from '#storage/settings/settings.ts'
import { type AddressRate, openAddressRate, type RateSharing } from './address-rate.ts'
import { annotationFacts } from './annotations.ts'
import { readBodies } from './body.ts'
import { callFacts } from './calls.ts'
import { costFacts } from './costs.ts'
import { dealFacts } from './deals.ts'
import { erasureRoutes } from './erasures.ts'
import { eventFront } from './event-front.ts'
import { eventRoute } from './events.ts'
import { factRoute } from './fact-route.ts'
import { foreignLeaseFacts } from './foreign-leases.ts'
import { importRoute } from './import-route.ts'
import { countIntake } from './intake-metrics.ts'
import { leadFacts } from './leads.ts'
import { numberRoute } from './numbers.ts'
import { allowKnownOrigins } from './origin.ts'
import { openSiteIndex } from './site-index.ts'

export interface IngestDeps {
  settings: Settings
  log: Log
  leases: Leases
  places: Places
  now: Clock
  /** Per address, on browser routes together; 0 is no limit. */
  rate_limit_per_minute: number
  /** Where other workers have a part in what an address asks. */
  rate_sharing?: RateSharing | undefined
  metrics: Registry
  /** Where long imports are kept; all workers of a machine have the same folder. */
  imports_dir: string
  /** How long an import waits for a log that is full. */
  room_wait_ms?: number
  /** Undefined, or throwing, while ClickHouse is away. */
  store: () => Store | undefined
}

/** Everything that comes in: the routes of browsers, and facts from servers. */
export async function registerIngest(app: App, options: IngestDeps): Promise<void> {
  const sites = openSiteIndex(options.settings)
  const imports = openImports({ dir: options.imports_dir, now: options.now })
  const stopping = new AbortController()
  // Before the server waits for its requests: an import would keep it waiting for hours.
  app.addHook('preClose', async () => stopping.abort())
  const visitorOf = openVisitors(options.places)
  const metrics = countIntake(options.metrics)
  const deps = { ...options, sites, imports, stopping: stopping.signal, visitorOf, metrics }
  erasureRoutes(app, deps)
  await app.register(async (scope: App) => {
    readBodies(scope)
    await allowKnownOrigins(scope, sites, ['/v1/events', '/v1/numbers'])
    const { rate_limit_per_minute: max, rate_sharing } = options
    const rate = max > 0 ? openAddressRate(max, rate_sharing) : undefined
    if (rate) await limitRate(scope, rate)
    eventRoute(scope, deps)
    eventFront(scope, { ...deps, ...(rate && { rate }) })
    numberRoute(scope, deps)
  })
  await app.register(async (scope: App) => {
    readBodies(scope)
    factRoute(scope, callFacts, deps)
    factRoute(scope, leadFacts, deps)
    factRoute(scope, dealFacts, deps)
    factRoute(scope, costFacts, deps)
    factRoute(scope, foreignLeaseFacts, deps)
    factRoute(scope, annotationFacts, deps)
    importRoute(scope, deps)
  })
}

async function limitRate(scope: App, { store, max, window_ms }: AddressRate): Promise<void> {
  await scope.register(rateLimit, {
    max,
    timeWindow: window_ms,
    store,
    allowList: (request) => request.access?.allows('ingest') ?? false,
    errorResponseBuilder: (_, { ttl }) =>
      new Failure('rate_limited', 'Too many requests from this address.', { retry_after_s: Math.ceil(ttl / 1000) }),
  })
}
