import type { Registry } from 'prom-client'
import type { Log } from '#ingest/log/log.ts'
import type { NumberOnPage } from '#ingest/wire/numbers.ts'
import type { Clock } from '#shell/clock.ts'
import type { Store } from '#storage/client.ts'
import type { Pool } from '#storage/settings/documents.ts'
import type { Settings } from '#storage/settings/settings.ts'
import { openAddressKey } from './address-key.ts'
import { type Forgetting, openForgetting } from './forget-erased.ts'
import { fromRecord, type HoldingRecord, readRecord, recordKey, toRecord } from './holding-record.ts'
import { type Holding, type Holdings, openHoldings, type SessionKey, sessionKey } from './holdings.ts'
import { type Journal, openJournal } from './journal.ts'
import { countLeases, countSpoiltLines, type LeaseResult } from './lease-metrics.ts'
import { type Lease, type LeaseChange, leaseRow } from './lease-row.ts'
import type { Sight } from './pools-for-session.ts'
import { Recent } from './recent.ts'
import { asNumbersOnPage, renew, reserve_ms, type Taking, takeNumbers } from './take-numbers.ts'

/** Who is shown which number. Every change is a fact in the log before the number is seen by anybody. */
export interface Leases {
  /** Tells of an accepted page of a session that is no bot: from now on the session may have numbers. */
  notePage(session: SessionKey, sight: Sight): void
  /** Takes or renews the numbers of a session. */
  numbersFor(session: SessionKey, address: string): Promise<{ numbers: NumberOnPage[]; position: string }>
  /** A sign of life: what the session holds is kept for longer. */
  touch(session: SessionKey): void
  /** The page was left: the numbers stay reserved, off screen. */
  release(session: SessionKey): Promise<{ position: string }>
  /** Writes the renewals that are due. Runs by itself every second. */
  sweep(): Promise<void>
  close(): Promise<void>
}

export interface LeasesOptions {
  settings: Settings
  log: Log
  now: Clock
  metrics: Registry
  /** The journal: `DATA_DIR/ingest/leases.journal`. */
  path: string
  /** Told when a renewal could not be written; it is tried again a second later. */
  onFault(error: unknown): void
  /** Told how many lines of the journal were spoilt on the disk: their numbers may be given out too early. */
  onSpoilt?(lines: number): void
  /** Where it stands who was erased; undefined, or throwing, while ClickHouse is away. */
  store: () => Store | undefined
  /** How often that is looked at. */
  erased_every_ms?: number
}

/** Renewals reach the log at most this often, and at the latest after it. */
export const RENEWAL_LOGGED_EVERY_MS = 20_000
/** What was on screen when the service went down is kept this long for its pages to be heard of again. */
export const RESTART_KEPT_MS = 90_000
const SWEEP_EVERY_MS = 1000
const SESSIONS_KNOWN_MAX = 200_000
/** A number idle for longer has no visitor who comes back. */
const FORGOTTEN_AFTER_MS = 90 * 24 * 3600 * 1000

export async function openLeases(options: LeasesOptions): Promise<Leases> {
  const holdings = openHoldings()
  const oldest_ms = () => options.now() - FORGOTTEN_AFTER_MS
  const spoilt = countSpoiltLines(options.metrics)
  const journal = await openJournal<HoldingRecord>({
    path: options.path,
    read: readRecord,
    key: recordKey,
    onFault: options.onFault,
    onSpoilt(lines) {
      spoilt(lines)
      options.onSpoilt?.(lines)
    },
    *everything() {
      for (const holding of holdings.all()) if (holding.to_ms > oldest_ms()) yield toRecord(holding)
    },
  })
  const { store, now, erased_every_ms: every_ms } = options
  const forgetting = openForgetting({ holdings, journal, store, now, since_ms: oldest_ms, every_ms })
  return new MemoryLeases(options, { holdings, journal, forgetting })
}

interface Parts {
  holdings: Holdings
  journal: Journal<HoldingRecord>
  forgetting: Forgetting
}

class MemoryLeases implements Leases {
  readonly #options: LeasesOptions
  readonly #holdings: Holdings
  readonly #journal: Journal<HoldingRecord>
  readonly #forgetting: Forgetting
  readonly #sights = new Recent<Sight>(SESSIONS_KNOWN_MAX)
  /** Sessions that were already counted as having gone without. */
  readonly #missed = new Recent<true>(SESSIONS_KNOWN_MAX)
  readonly #addressKey = openAddressKey()
  /** The position of a request that wrote nothing. */
  readonly #node: string
  readonly #count: (result: LeaseResult) => void
  readonly #timer: NodeJS.Timeout
  readonly #stopListening: () => void
  #pools = new Map<string, Pool[]>()
  #sweeping: Promise<void> | undefined

  constructor(options: LeasesOptions, { holdings, journal, forgetting }: Parts) {
    this.#options = options
    this.#forgetting = forgetting
    this.#holdings = holdings
    this.#journal = journal
    this.#node = options.log.status().node
    this.#count = countLeases(options.metrics, () => holdings.running(options.now()).length)
    this.#readPools()
    this.#stopListening = options.settings.onChange((changed) => {
      if (changed.some(({ kind }) => kind === 'pool')) this.#readPools()
    })
    this.#recover(journal.recovered)
    this.#timer = setInterval(() => void this.sweep().catch(options.onFault), SWEEP_EVERY_MS).unref()
  }

  notePage(session: SessionKey, sight: Sight): void {
    if (!this.#pools.has(session.site)) return
    const key = sessionKey(session)
    const known = this.#sights.get(key)
    // A new campaign in the same session counts from here on; typing the address or clicking on changes nothing.
    if (known && (sight.channel === 'direct' || sight.channel === 'internal')) return
    // The same once more is not kept in its place: the collector of garbage would find each of them old, one after the other.
    if (!known || !isSame(known, sight)) this.#sights.set(key, sight)
  }

  async numbersFor(session: SessionKey, address: string): Promise<{ numbers: NumberOnPage[]; position: string }> {
    const pools = this.#pools.get(session.site)
    const sight = this.#sights.get(sessionKey(session))
    if (!pools || !sight) return { numbers: [], position: this.#node }
    const now_ms = this.#options.now()
    const taking = takeNumbers(pools, this.#holdings, { session, sight, address: this.#addressKey(address), now_ms })
    for (const { result } of taking.results) this.#count(result)
    const numbers = asNumbersOnPage(taking, now_ms)
    const position = await this.#writeTaking(session, taking, now_ms)
    // Another request of this session may have taken the number a moment ago, and still be waiting for the disk.
    await Promise.all(taking.shown.map(({ holding }) => holding?.written))
    return { numbers, position }
  }

  touch(session: SessionKey): void {
    const now_ms = this.#options.now()
    for (const holding of this.#holdings.ofSession(session)) {
      const pool = this.#poolOf(holding)
      if (pool && holding.to_ms > now_ms) renew(holding, pool, now_ms)
    }
  }

  async release(session: SessionKey): Promise<{ position: string }> {
    const now_ms = this.#options.now()
    const held = this.#holdings.ofSession(session).filter((holding) => holding.to_ms > now_ms)
    if (held.length === 0) return { position: this.#node }
    for (const holding of held) {
      const pool = this.#poolOf(holding)
      holding.is_active = true
      holding.seen_ms = now_ms
      holding.to_ms = pool ? now_ms + reserve_ms(pool, true) : now_ms
    }
    return { position: await this.#write(held.map((holding) => ['released', holding])) }
  }

  sweep(): Promise<void> {
    this.#sweeping ??= this.#logRenewals(RENEWAL_LOGGED_EVERY_MS).finally(() => {
      this.#sweeping = undefined
    })
    return this.#sweeping
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    this.#stopListening()
    await this.#sweeping?.catch(this.#options.onFault)
    await this.#logRenewals(0).catch(this.#options.onFault)
    await this.#forgetting.close()
    await this.#journal.close()
  }

  async #writeTaking(session: SessionKey, { taken, ended, results, undo }: Taking, now_ms: number): Promise<string> {
    const exhausted = results.find(({ result }) => result === 'exhausted')
    const changes: [LeaseChange, Holding][] = [
      ...ended.map(({ change, holding }): [LeaseChange, Holding] => [change, holding]),
      ...taken.map((holding): [LeaseChange, Holding] => ['taken', holding]),
    ]
    const misses = exhausted ? this.#missOnce(session, exhausted.pool, now_ms) : []
    if (changes.length + misses.length === 0) return this.#node
    const written = this.#write(changes, misses)
    for (const holding of taken) holding.written = written
    // Whoever else waits for these leases hears of the failure too; here it is only kept from being nobody's.
    written.catch(() => undefined)
    try {
      return await written
    } catch (error) {
      undo()
      await this.#unwrite(taken)
      throw error
    }
  }

  /** The journal may have got what the log refused: the last line about each number is to say who had it before. */
  async #unwrite(taken: readonly Holding[]): Promise<void> {
    const records = taken.map((holding) => {
      const last = this.#holdings.ofNumber(holding.site, holding.number)
      return toRecord(last ?? { ...holding, to_ms: 0 })
    })
    await this.#journal.append(records).catch(this.#options.onFault)
  }

  #missOnce(session: SessionKey, pool: Pool, now_ms: number): Lease[] {
    const key = sessionKey(session)
    if (this.#missed.get(key)) return []
    this.#missed.set(key, true)
    return [{ ...session, pool: pool.id, number: '', from_ms: now_ms, seen_ms: now_ms, to_ms: now_ms }]
  }

  async #logRenewals(every_ms: number): Promise<void> {
    const now_ms = this.#options.now()
    const unlogged = [...this.#holdings.all()].filter((holding) => holding.seen_ms > holding.logged_seen_ms)
    this.#holdings.running(now_ms)
    const due = unlogged.filter(({ logged_at_ms, to_ms }) => now_ms - logged_at_ms >= every_ms || to_ms <= now_ms)
    if (due.length > 0) await this.#write(due.map((holding) => ['renewed', holding]))
  }

  /**
   * The journal is what the next start reads, the log what matching reads. The journal first: a lease that is in the log
   * alone would stay a fact, although it was never shown and its number may be given to another a moment later.
   */
  async #write(changes: [LeaseChange, Holding][], misses: Lease[] = []): Promise<string> {
    const { log, now } = this.#options
    const now_ms = now()
    const rows = [
      ...changes.map(([change, holding]) => leaseRow(change, holding, now_ms)),
      ...misses.map((miss) => leaseRow('missed', miss, now_ms)),
    ]
    const logged = changes.map(([, holding]) => ({ holding, seen_ms: holding.seen_ms }))
    await this.#journal.append(changes.map(([, holding]) => toRecord(holding)))
    const position = await log.append([{ table: 'leases', rows }])
    for (const { holding, seen_ms } of logged) {
      holding.logged_seen_ms = seen_ms
      holding.logged_at_ms = now_ms
    }
    return position
  }

  #poolOf({ site, pool }: Holding): Pool | undefined {
    return this.#pools.get(site)?.find(({ id }) => id === pool)
  }

  #readPools(): void {
    this.#pools = new Map()
    for (const { document } of this.#options.settings.list('pool')) {
      this.#pools.set(document.site, [...(this.#pools.get(document.site) ?? []), document])
    }
  }

  #recover(records: readonly HoldingRecord[]): void {
    const now_ms = this.#options.now()
    // Nobody could renew after the last thing that was written: what ran then is treated as running still.
    const stopped_ms = records.reduce((latest, { seen_ms }) => Math.max(latest, seen_ms), 0)
    for (const record of records) {
      // Its last renewals may never have been written.
      const was_running = record.to_ms + RENEWAL_LOGGED_EVERY_MS + SWEEP_EVERY_MS >= stopped_ms
      const holding = fromRecord(record, was_running ? now_ms + RESTART_KEPT_MS : 0)
      this.#holdings.give(holding)
      this.#sights.set(sessionKey(holding), holding.sight)
    }
  }
}

function isSame(a: Sight, b: Sight): boolean {
  return a.landing_url === b.landing_url && a.source === b.source && a.channel === b.channel
}
