import { hash } from 'node:crypto'
import type { ByteText } from '#domain/byte-text.ts'
import { encodeRow } from '#ingest/log/encode-row.ts'

/** A number given to a session for a time. */
export interface Lease {
  site: string
  pool: string
  number: string
  visitor: string
  session: string
  from_ms: number
  /** Last sign of life of the visitor with the number on screen. */
  seen_ms: number
  /** End of the reserve: until then nobody else gets the number. */
  to_ms: number
}

export type LeaseChange = 'taken' | 'renewed' | 'released' | 'missed'

/** All rows about one lease share an id, made from its key, wherever the lease was made. */
export function leaseId(lease: Pick<Lease, 'site' | 'number' | 'session' | 'from_ms'>): string {
  return hash('sha256', JSON.stringify([lease.site, lease.number, lease.session, lease.from_ms])).slice(0, 32)
}

/** A change of a lease, as the log keeps it. */
export function leaseRow(change: LeaseChange, lease: Lease, received_at: number): ByteText {
  return encodeRow('leases', {
    site: lease.site,
    id: leaseId(lease),
    received_at,
    change,
    pool: lease.pool,
    number: lease.number,
    visitor: lease.visitor,
    session: lease.session,
    from: lease.from_ms,
    seen: lease.seen_ms,
    to: lease.to_ms,
  })
}
