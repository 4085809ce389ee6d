import { normalizeGa, normalizeYm } from '#domain/client-id.ts'
import { normalizeEmail } from '#domain/email.ts'
import { normalizePhone } from '#domain/phone.ts'
import { Deal } from '#ingest/wire/deal.ts'
import type { FactKind } from './fact-route.ts'

/** POST /v1/deals. What a message leaves out is NULL: what an earlier one said stands. */
export const dealFacts: FactKind<'deals', Deal> = {
  fact: 'deal',
  path: '/v1/deals',
  table: 'deals',
  schema: Deal,
  instants: ['at', 'created_at'],
  summary: 'Takes changes of deals from the CRM.',
  toRow(deal, { site, received_at, body }) {
    const phones = (deal.contact?.phones ?? []).map((phone) => normalizePhone(phone.trim(), site.region)?.phone)
    const emails = (deal.contact?.emails ?? []).map((email) => normalizeEmail(email))
    return {
      site: site.id,
      id: deal.id,
      at: deal.at,
      received_at,
      status: deal.status,
      stage: deal.stage ?? null,
      reason: deal.reason ?? null,
      amount: deal.amount ?? null,
      currency: deal.currency ?? null,
      project: deal.project ?? null,
      manager: deal.manager ?? null,
      url: deal.url ?? null,
      created_at: deal.created_at ?? null,
      contact_id: deal.contact?.id ?? '',
      contact_name: deal.contact?.name?.trim() ?? '',
      // CRM contacts hold «none» and half-typed numbers; those name nobody, and the deal counts without them.
      phones: distinct(phones),
      emails: distinct(emails),
      visitor: deal.visitor ?? '',
      ga: normalizeGa(deal.client_ids?.ga ?? '') ?? '',
      ym: normalizeYm(deal.client_ids?.ym ?? '') ?? '',
      call: deal.call ?? '',
      lead: deal.lead ?? '',
      version: deal.version ?? 0,
      body,
    }
  },
}

function distinct(values: readonly (string | undefined)[]): string[] {
  return [...new Set(values.filter((value) => value !== undefined))]
}
