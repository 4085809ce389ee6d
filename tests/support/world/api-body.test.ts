import { describe, expect, test } from 'vitest'
import { callFacts } from '#ingest/http/calls.ts'
import { dealFacts } from '#ingest/http/deals.ts'
import { eventRow } from '#ingest/http/event-row.ts'
import { foreignLeaseFacts } from '#ingest/http/foreign-leases.ts'
import { leadFacts } from '#ingest/http/leads.ts'
import { openSiteIndex } from '#ingest/http/site-index.ts'
import { EventBatch } from '#ingest/wire/event.ts'
import type { FactTable } from '#storage/fact-tables.ts'
import { SiteDocument } from '#storage/settings/documents.ts'
import { fixedSettings } from '../matching-world.ts'
import { apiBody } from './api-body.ts'
import { simulate } from './simulate.ts'
import { hardWorld } from './world-options.ts'

/** Told by the sender's route and not by the row: what came through a token is believed, and values of forms are not kept. */
const NOT_COMPARED = ['trusted', 'change', 'form_fields', 'received_at', 'bot', 'device']

describe('a simulated fact', () => {
  const { documents, facts } = simulate(hardWorld({ people: 150, days: 15, asking_share: 0.9 }))
  const site = SiteDocument.parse(documents.site[0])
  const known = openSiteIndex(fixedSettings(documents)).get(site.id)
  const all = [...facts]

  /** The row ingest makes of the request. */
  function rowOf(table: FactTable, body: object): object {
    if (table === 'events') {
      const { events, client_ids, ip, ...batch } = EventBatch.parse(body)
      const [event] = events
      if (!event || !known) throw new Error('A batch of one event was sent.')
      const { visitor, session } = batch
      const about = {
        site: site.id,
        visitor,
        session: session ?? '',
        ip: ip ?? '',
        ga: client_ids?.ga ?? '',
        ym: client_ids?.ym ?? '',
        ga_session: client_ids?.ga_session ?? '',
      }
      const unknown = { received_at: 0, clock_shift_ms: 0, trusted: 1, bot: 0, device: '', browser: '', os: '' }
      return eventRow(
        event,
        event.at,
        { ...unknown, ...about, country: '', region: '', city: '', user_agent: '' },
        known,
      )
    }
    const kinds = { calls: callFacts, leads: leadFacts, deals: dealFacts, leases: foreignLeaseFacts }
    const kind = kinds[table as keyof typeof kinds]
    // Each kind's own schema has made what its own `toRow` takes.
    return kind.toRow(kind.schema.parse(body) as never, { site, received_at: 0, body: '' })
  }

  test('told through the API becomes the row that lands directly', () => {
    const compared = new Map<FactTable, number>()
    for (const fact of all) {
      const request = apiBody(fact)
      if (!request) continue
      const made = rowOf(fact.table, JSON.parse(JSON.stringify(request.body))) as Record<string, unknown>
      for (const [name, value] of Object.entries(fact.row)) {
        if (NOT_COMPARED.includes(name)) continue
        expect(made[name], `${fact.table}.${name} of ${JSON.stringify(request.body)}`).toEqual(value)
      }
      compared.set(fact.table, (compared.get(fact.table) ?? 0) + 1)
    }
    expect([...compared.keys()].sort()).toEqual(['calls', 'deals', 'events', 'leads', 'leases'])
    expect(Math.min(...compared.values())).toBeGreaterThan(5)
  })
})
