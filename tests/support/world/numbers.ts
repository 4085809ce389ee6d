import { type Holding, openHoldings, type SessionKey } from '#ingest/leases/holdings.ts'
import { type LeaseChange, leaseId } from '#ingest/leases/lease-row.ts'
import type { Sight } from '#ingest/leases/pools-for-session.ts'
import { renew, reserve_ms, takeNumbers } from '#ingest/leases/take-numbers.ts'
import { type Pool, PoolDocument } from '#storage/settings/documents.ts'
import { numbersNeeded } from './erlang.ts'
import type { World } from './world.ts'
import type { WorldOptions } from './world-options.ts'

/** What stands on the pages before it gives way to a number of the pool. */
export const SITE_NUMBER = '+74952000017'

/** Numbers that stand for an advertisement outside the site. */
export const printed = [
  { number: '+74953000021', source: 'gazette', medium: 'print' },
  { number: '+74953000022', source: 'radio', medium: 'radio' },
] as const

/** Renewals reach the log this often, as in ingest. */
const LOGGED_EVERY_MS = 20_000
const LEASE_SECONDS = 150
const LOSS_MAX = 0.01
/** Of a day's visits how many come in its busiest hour. */
const BUSY_HOUR_SHARE = 0.1
const VISITS_PER_PERSON = 3.3
const VISIT_MS_MEAN = 170_000

/** Whose numbers these are: each provider has its own clock. */
export const providers = ['mango', 'uis', 'novofon'] as const
export type Provider = (typeof providers)[number]

/** How many numbers a world's pool has. */
export function poolSize({ people, days, bots_per_visit, pool_share }: WorldOptions): number {
  const visits = people * VISITS_PER_PERSON * (1 + bots_per_visit / 2)
  const per_ms = ((visits / days) * BUSY_HOUR_SHARE) / 3_600_000
  const load_erlangs = per_ms * (VISIT_MS_MEAN + LEASE_SECONDS * 1000)
  return Math.max(1, Math.round(numbersNeeded(load_erlangs, LOSS_MAX) * pool_share))
}

/** The pools of a world's site, as settings documents. */
export function makePools(options: WorldOptions): Pool[] {
  const numbers = Array.from({ length: poolSize(options) }, (_, index) => `+7499${3_000_017 + index * 7}`)
  const site = options.site
  return [
    PoolDocument.parse({
      ...{ id: 'main', site, kind: 'dynamic', numbers, replaces: [SITE_NUMBER], lease_seconds: LEASE_SECONDS },
    }),
    ...printed.map(({ number, source, medium }) =>
      PoolDocument.parse({ id: source, site, kind: 'static', numbers: [number], source, medium }),
    ),
  ]
}

/** The pool's numbers in the hands of visitors, leased by ingest's own rules; every change is a fact. */
export interface Numbers {
  readonly pools: readonly Pool[]
  /** The number a session sees from now on: the site's own when none is free. */
  show(key: SessionKey, address: string, sight: Sight): string
  /** A sign of life. */
  touch(key: SessionKey): void
  /** The page was left. */
  release(key: SessionKey): void
  /** Whether the number is this session's now, on screen or in reserve. */
  isHeldBy(number: string, session: string): boolean
  providerOf(number: string): Provider
}

export function openNumbers(world: () => World, options: WorldOptions): Numbers {
  const pools = makePools(options)
  const dynamic = pools.filter(({ kind }) => kind === 'dynamic')
  const main = dynamic[0] as Pool
  const holdings = openHoldings()

  function write(change: LeaseChange, holding: Holding): void {
    const { site, pool, number, visitor, session, from_ms, seen_ms, to_ms } = holding
    const { now_ms } = world()
    holding.logged_seen_ms = seen_ms
    holding.logged_at_ms = now_ms
    world().tell('leases', {
      ...{ site, id: leaseId(holding), received_at: now_ms, change, pool, number, visitor, session },
      ...{ from: from_ms, seen: seen_ms, to: to_ms },
    })
  }

  function writeWhenDue(holding: Holding): void {
    const { now_ms } = world()
    if (holding.seen_ms <= holding.logged_seen_ms) return
    const due_ms = Math.min(holding.logged_at_ms + LOGGED_EVERY_MS, holding.to_ms)
    if (due_ms <= now_ms) write('renewed', holding)
    else world().at(due_ms, () => writeWhenDue(holding))
  }

  return {
    pools,
    show(key, address, sight) {
      const { now_ms } = world()
      const ask = { session: key, sight, address, now_ms }
      const { shown, taken, ended } = takeNumbers(dynamic, holdings, ask)
      for (const { change, holding } of ended) write(change, holding)
      for (const holding of taken) write('taken', holding)
      return shown[0]?.number ?? SITE_NUMBER
    },
    touch(key) {
      const { now_ms } = world()
      for (const holding of holdings.ofSession(key)) {
        if (holding.to_ms <= now_ms) continue
        renew(holding, main, now_ms)
        writeWhenDue(holding)
      }
    },
    release(key) {
      const { now_ms } = world()
      for (const holding of holdings.ofSession(key)) {
        if (holding.to_ms <= now_ms) continue
        holding.is_active = true
        holding.seen_ms = now_ms
        holding.to_ms = now_ms + reserve_ms(main, true)
        write('released', holding)
      }
    },
    isHeldBy(number, session) {
      const holding = holdings.ofNumber(options.site, number)
      return holding?.session === session && holding.to_ms > world().now_ms
    },
    providerOf(number) {
      const place = Math.max(0, main.numbers.indexOf(number))
      return providers[place % providers.length] as Provider
    },
  }
}
