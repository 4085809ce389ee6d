import { channelOf } from '#domain/channel.ts'
import { normalizeGa, normalizeYm } from '#domain/client-id.ts'
import { normalizeEmail } from '#domain/email.ts'
import { normalizePhone } from '#domain/phone.ts'
import { Lead } from '#ingest/wire/lead.ts'
import type { FactKind } from './fact-route.ts'

/** POST /v1/leads. A phone or email that nobody can read is left empty: the request of a person still counts. */
export const leadFacts: FactKind<'leads', Lead> = {
  fact: 'lead',
  path: '/v1/leads',
  table: 'leads',
  schema: Lead,
  instants: ['at'],
  summary: 'Takes requests that no tracker saw: chats, callbacks, marketplaces.',
  toRow(lead, { site, received_at, body }) {
    const source = lead.source?.trim().toLowerCase() ?? ''
    const medium = lead.medium?.trim().toLowerCase() ?? ''
    const campaign = lead.campaign?.trim() ?? ''
    return {
      site: site.id,
      id: lead.id,
      at: lead.at,
      received_at,
      kind: lead.kind,
      name: lead.name?.trim() ?? '',
      phone: normalizePhone(lead.phone?.trim() ?? '', site.region)?.phone ?? '',
      email: normalizeEmail(lead.email ?? '') ?? '',
      visitor: lead.visitor ?? '',
      session: lead.session ?? '',
      ga: normalizeGa(lead.client_ids?.ga ?? '') ?? '',
      ym: normalizeYm(lead.client_ids?.ym ?? '') ?? '',
      url: lead.url ?? '',
      source,
      medium,
      campaign,
      channel: source === '' ? '' : channelOf({ source, medium, campaign }),
      text: lead.text ?? '',
      version: lead.version ?? 0,
      body,
    }
  },
}
