import { hash } from 'node:crypto'
import { channelOf } from '#domain/channel.ts'
import { Cost } from '#ingest/wire/cost.ts'
import { AHEAD_MAX_MS } from '#ingest/wire/instant.ts'
import type { FactKind } from './fact-route.ts'

/** The furthest time zone is 14 hours ahead of UTC. */
const ZONE_AHEAD_MAX_MS = 14 * 3600 * 1000

/** POST /v1/costs. The id is made from the key, so that what was received under a key can be asked for. */
export const costFacts: FactKind<'costs', Cost> = {
  fact: 'cost',
  path: '/v1/costs',
  table: 'costs',
  schema: Cost,
  instants: [],
  csv_columns: ['site', 'date', 'source', 'cost'],
  is_key_unique: true,
  summary: 'Takes the costs of advertising, by day.',
  toRow(cost, { site, received_at, body }) {
    const midnight_ms = Date.parse(`${cost.date}T00:00:00Z`)
    if (midnight_ms > received_at + AHEAD_MAX_MS + ZONE_AHEAD_MAX_MS) {
      return { field: 'date', message: 'is more than 24 hours ahead', reason: 'in_future' }
    }
    if (cost.date < '2000-01-01') return { field: 'date', message: 'is before the year 2000', reason: 'too_old' }
    // In lower case, as the tags of sessions are: the two must meet in reports.
    const source = cost.source.trim().toLowerCase()
    const medium = cost.medium?.trim().toLowerCase() ?? ''
    const [campaign = '', content = '', term = ''] = [cost.campaign, cost.content, cost.term].map((tag) => tag?.trim())
    return {
      site: site.id,
      id: hash('sha256', JSON.stringify([cost.date, source, medium, campaign, content, term])).slice(0, 32),
      date: cost.date,
      received_at,
      source,
      medium,
      campaign,
      content,
      term,
      channel: channelOf({ source, medium, campaign }),
      cost: cost.cost,
      currency: cost.currency ?? site.currency,
      clicks: cost.clicks ?? 0,
      impressions: cost.impressions ?? 0,
      body,
    }
  },
}
