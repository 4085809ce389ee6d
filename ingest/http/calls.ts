import { normalizeGa, normalizeYm } from '#domain/client-id.ts'
import { normalizePhone } from '#domain/phone.ts'
import { Call } from '#ingest/wire/call.ts'
import type { FactKind } from './fact-route.ts'

/** POST /v1/calls */
export const callFacts: FactKind<'calls', Call> = {
  fact: 'call',
  path: '/v1/calls',
  table: 'calls',
  schema: Call,
  instants: ['at'],
  summary: 'Takes phone calls.',
  toRow(call, { site, received_at, body }) {
    const from = readCaller(call.from, site.region)
    const to = normalizePhone(call.to.trim(), site.region)
    if (!from)
      return { field: 'from', message: 'must be a phone number, or null when it was withheld', reason: 'invalid' }
    if (!to) return { field: 'to', message: 'must be the tracked phone number', reason: 'invalid' }
    return {
      site: site.id,
      id: call.id,
      at: call.at,
      received_at,
      from: from.phone,
      from_extension: from.extension,
      to: to.phone,
      direction: call.direction ?? 'in',
      status: call.status,
      duration: call.duration,
      talk: call.talk,
      wait: call.wait ?? 0,
      recording_url: call.recording_url ?? '',
      operator: call.operator ?? '',
      provider: call.provider ?? '',
      visitor: call.visitor ?? '',
      session: call.session ?? '',
      ga: normalizeGa(call.client_ids?.ga ?? '') ?? '',
      ym: normalizeYm(call.client_ids?.ym ?? '') ?? '',
      tags: call.tags ?? [],
      version: call.version ?? 0,
      body,
    }
  },
}

/** Providers write a withheld number as null, as nothing, or as a word («anonymous»). */
function readCaller(from: string | null | undefined, region: string) {
  const text = from?.trim() ?? ''
  return /\d/.test(text) ? normalizePhone(text, region) : { phone: '', extension: '' }
}
