import { reachedByBucket, SITE_BUCKETS } from '#domain/site-share.ts'
import type { Store } from '#storage/client.ts'
import { readShare } from '../facts/positions.ts'
import type { SiteFilter } from '../facts/site-filter.ts'

/** A row that a step wrote which was broken off before its positions were written. */
export interface Unfinished {
  site: string
  /** What the row is of: an identifier, a session's id under `session`, a fact, or a provider's `clock`. */
  kind: string
  value: string
}

/**
 * Rows younger than the positions. The step that wrote them is made again, but by then there may be more facts, and what
 * it had concluded may no longer be so: rows that nobody would look at again would stay.
 */
export async function readUnfinished(store: Store, filter: SiteFilter): Promise<Map<string, Unfinished[]>> {
  const done = await doneVersions(store)
  const params = { done, version: Math.min(...done), ...filter.params }
  const answers = await Promise.all(
    written.map(({ table, kind, value }) =>
      store.query<Unfinished>(
        // Rows that were taken back count as well, so this one read needs no FINAL.
        `SELECT DISTINCT t.site AS site, ${kind} AS kind, ${value} AS value FROM ${table} AS t
         WHERE t.version > {version:UInt64} ${filter.and('t.site')}
           AND t.version > arrayElement({done:Array(UInt64)}, 1 + CRC32(t.site) % ${SITE_BUCKETS})`,
        params,
      ),
    ),
  )
  const bySite = new Map<string, Unfinished[]>()
  noteUnfinished(bySite, answers.flat())
  return bySite
}

/** Takes rows to those of their sites. */
export function noteUnfinished(bySite: Map<string, Unfinished[]>, rows: readonly Unfinished[]): void {
  for (const row of rows) {
    const known = bySite.get(row.site)
    if (known) known.push(row)
    else bySite.set(row.site, [row])
  }
}

/** Up to which version rows are finished, by the bucket of their site: each process counts for itself. */
async function doneVersions(store: Store): Promise<number[]> {
  const rows = await store.query<{ shares: number; share: number; version: number }>(
    `SELECT shares, share, toFloat64(max(version)) AS version FROM matching_positions FINAL GROUP BY shares, share`,
  )
  const reached = rows.map(({ shares, share, version }) => ({ share: readShare(shares, share), value: version }))
  return reachedByBucket(reached).map((version) => version ?? 0)
}

const written = [
  { table: 'identities', kind: 't.kind', value: 't.value' },
  { table: 'sessions', kind: "'session'", value: 't.id' },
  { table: 'sessions', kind: "'visitor'", value: 't.visitor' },
  { table: 'call_matches', kind: "'call'", value: 't.id' },
  { table: 'call_clocks', kind: "'call'", value: 't.id' },
  { table: 'provider_clocks', kind: "'clock'", value: "concat(t.provider, '\\n', t.period)" },
  { table: 'conversions', kind: 't.fact', value: 't.id' },
  { table: 'touchpoints', kind: 't.conversion_fact', value: 't.conversion' },
]
