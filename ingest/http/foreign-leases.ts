import { normalizePhone } from '#domain/phone.ts'
import { leaseId } from '#ingest/leases/lease-row.ts'
import { ForeignLease } from '#ingest/wire/lease.ts'
import type { FactKind } from './fact-route.ts'

/** POST /v1/leases: what another call tracker showed to whom. Facts only; no number of a pool is held by them. */
export const foreignLeaseFacts: FactKind<'leases', ForeignLease> = {
  fact: 'lease',
  path: '/v1/leases',
  table: 'leases',
  schema: ForeignLease,
  instants: ['from', 'seen', 'to'],
  summary: 'Takes leases made by another call tracker.',
  toRow(lease, { site, received_at }) {
    const number = normalizePhone(lease.number.trim(), site.region)?.phone
    if (!number) return { field: 'number', message: 'must be a phone number', reason: 'invalid' }
    return {
      site: site.id,
      id: leaseId({ site: site.id, number, session: lease.session, from_ms: lease.from }),
      received_at,
      change: 'imported',
      pool: lease.pool,
      number,
      visitor: lease.visitor,
      session: lease.session,
      from: lease.from,
      seen: lease.seen,
      to: lease.to,
    }
  },
}
