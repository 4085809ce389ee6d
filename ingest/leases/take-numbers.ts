import type { NumberOnPage } from '#ingest/wire/numbers.ts'
import type { Pool } from '#storage/settings/documents.ts'
import { type Choice, chooseNumber } from './choose-number.ts'
import type { Holding, Holdings, SessionKey } from './holdings.ts'
import { poolsForSession, type Sight } from './pools-for-session.ts'

export interface Ask {
  session: SessionKey
  sight: Sight
  /** Hash of the address that asks. */
  address: string
  now_ms: number
}

/** What a session gets. Memory already says so; the log does not yet. */
export interface Taking {
  shown: { pool: Pool; replaces: string[]; number: string; holding?: Holding }[]
  /** New leases. */
  taken: Holding[]
  /** The last word on leases that make room: of the same visitor's earlier session, or run out a moment ago. */
  ended: { change: 'released' | 'renewed'; holding: Holding }[]
  results: { pool: Pool; result: 'taken' | 'returned' | 'static' | 'exhausted' | 'address_limit' }[]
  /** Takes back what could not be written. */
  undo(): void
}

/** A lease is this short until the visitor shows a second sign of life: most robots never do. */
export const FIRST_LEASE_MS = 60_000

/** Finds a number for everything on the page that wants one. */
export function takeNumbers(pools: readonly Pool[], holdings: Holdings, ask: Ask): Taking {
  const undos: (() => void)[] = []
  const taking: Taking = { shown: [], taken: [], ended: [], results: [], undo }
  const covered = new Set<string>()
  for (const pool of keptFirst(poolsForSession(pools, ask.sight), holdings, ask)) {
    const wanted = [...pool.replaces, ...(pool.selectors ?? [])]
    const replaces = wanted.filter((number) => !covered.has(number))
    if (replaces.length === 0 && wanted.length > 0) continue
    const shown = pool.kind !== 'dynamic' ? showStatic(pool, taking) : lease(pool, holdings, ask, taking, undos)
    if (!shown) continue
    for (const number of replaces) covered.add(number)
    taking.shown.push({ pool, replaces, ...shown })
  }
  return taking

  function undo(): void {
    for (const step of undos.toReversed()) step()
  }
}

/** As the page is told. A static number or an address needs no lease, yet the page is to ask again: settings change. */
export function asNumbersOnPage({ shown }: Taking, now_ms: number): NumberOnPage[] {
  return shown.map(({ pool, replaces, number, holding }) => ({
    pool: pool.id,
    replaces,
    number,
    expires_at: new Date(holding?.to_ms ?? now_ms + pool.lease_seconds * 1000).toISOString(),
  }))
}

/** Notes a sign of life: the number is on screen now, and reserved from now on. */
export function renew(holding: Holding, pool: Pool, now_ms: number): void {
  if (!holding.is_active && now_ms > holding.from_ms) {
    holding.is_active = true
    // Due at once: the log still has the short lease.
    holding.logged_at_ms = 0
  }
  holding.seen_ms = now_ms
  holding.to_ms = now_ms + reserve_ms(pool, holding.is_active)
}

export function reserve_ms(pool: Pool, is_active: boolean): number {
  const reserve = pool.lease_seconds * 1000
  return is_active ? reserve : Math.min(reserve, FIRST_LEASE_MS)
}

/** What the session already sees stays on its page, even if a better pool has become free or fitting. */
function keptFirst(pools: Pool[], holdings: Holdings, { session, now_ms }: Ask): Pool[] {
  const held = new Set(holdings.ofSession(session).flatMap(({ pool, to_ms }) => (to_ms > now_ms ? [pool] : [])))
  return held.size === 0 ? pools : pools.toSorted((a, b) => Number(held.has(b.id)) - Number(held.has(a.id)))
}

function showStatic(pool: Pool, taking: Taking): { number: string } | undefined {
  const [number] = pool.numbers
  if (number === undefined) return undefined
  taking.results.push({ pool, result: 'static' })
  return { number }
}

function lease(
  pool: Pool,
  holdings: Holdings,
  ask: Ask,
  taking: Taking,
  undos: (() => void)[],
): { number: string; holding: Holding } | undefined {
  const { session, address, now_ms } = ask
  const held = holdings
    .ofSession(session)
    .find(({ pool: id, number, to_ms }) => id === pool.id && to_ms > now_ms && pool.numbers.includes(number))
  if (held) {
    held.address = address
    renew(held, pool, now_ms)
    return { number: held.number, holding: held }
  }
  const choice = choose(pool, holdings, ask)
  if ('refused' in choice) {
    taking.results.push({ pool, result: choice.refused })
    return undefined
  }
  const last = holdings.ofNumber(session.site, choice.number)
  if (last && last.to_ms > now_ms) {
    const { to_ms } = last
    last.to_ms = now_ms
    taking.ended.push({ change: 'released', holding: last })
    undos.push(() => {
      last.to_ms = to_ms
    })
  } else if (last && last.seen_ms > last.logged_seen_ms) taking.ended.push({ change: 'renewed', holding: last })
  const holding = newHolding(pool, choice, ask, last)
  undos.push(holdings.give(holding))
  taking.taken.push(holding)
  taking.results.push({ pool, result: choice.is_own ? 'returned' : 'taken' })
  return { number: holding.number, holding }
}

function choose(pool: Pool, holdings: Holdings, { session, address, now_ms }: Ask): Choice {
  const candidates = pool.numbers.map((number) => {
    const last = holdings.ofNumber(session.site, number)
    return {
      number,
      visitor: last?.visitor ?? '',
      from_ms: last?.from_ms ?? 0,
      to_ms: last ? Math.max(last.to_ms, last.kept_until_ms) : 0,
      address: last?.address ?? '',
    }
  })
  const { visitor } = session
  return chooseNumber(candidates, { visitor, address, leases_per_address_max: pool.leases_per_address_max }, now_ms)
}

function newHolding(
  pool: Pool,
  { number, is_own }: { number: string; is_own: boolean },
  { session, sight, address, now_ms }: Ask,
  last: Holding | undefined,
): Holding {
  // A visitor who comes back has shown life before.
  const is_active = is_own && last?.is_active === true
  return {
    ...session,
    pool: pool.id,
    number,
    from_ms: now_ms,
    seen_ms: now_ms,
    to_ms: now_ms + reserve_ms(pool, is_active),
    is_active,
    sight,
    address,
    kept_until_ms: 0,
    logged_seen_ms: now_ms,
    logged_at_ms: now_ms,
    written: Promise.resolve(),
  }
}
