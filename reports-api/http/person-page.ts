import { moneyText } from '#domain/money.ts'
import { uncreditedSql } from '#reports-api/registry/uncredited.ts'
import type { Site } from '#storage/settings/documents.ts'
import type { Mask } from './mask.ts'
import type { Reader } from './reader.ts'
import { readTimeline } from './timeline.ts'

const IDENTIFIERS_MAX = 10_000
const DEALS_MAX = 10_000
const NAMES_MAX = 20

/** One person: who they are and why, what they did, what they bought. */
export async function readPerson(
  reader: Pick<Reader, 'query'>,
  site: Site,
  id: string,
  { limit, cursor, mask }: { limit: number; cursor?: string | undefined; mask: Mask },
) {
  const params = {
    site: site.id,
    person: id,
    identifiers_max: IDENTIFIERS_MAX,
    deals_max: DEALS_MAX,
    names_max: NAMES_MAX,
  }
  const [identifiers, names, deals, page] = await Promise.all([
    reader.query<IdentifierRow>(identifiersSql, params),
    reader.query<{ name: string }>(namesSql, params),
    reader.query<DealOfPerson>(dealsSql, params),
    readTimeline(reader, { site: site.id, person: id, limit, cursor }, mask),
  ])
  return {
    id,
    names: [...new Set(names.map(({ name }) => mask.name(name)))],
    identifiers: identifiers.map((row) => shapeIdentifier(row, mask)),
    timeline: page.timeline,
    cursor: page.cursor,
    deals: deals.map(({ why, ...deal }) =>
      mask.free({ ...deal, amount: moneyText(deal.amount), uncredited: why || null }),
    ),
    revenue: await revenueOf(reader, site, id),
    currency: site.currency,
  }
}

interface IdentifierRow {
  kind: string
  value: string
  since: string
  because_fact: string
  because_id: string
  because_at: string
  because_kind: string
  because_value: string
}

const identifiersSql = `SELECT kind, value, since, because_fact, because_id, because_at, because_kind, because_value
  FROM identities FINAL
  WHERE site = {site:String} AND person = {person:String}
  ORDER BY since, kind, value
  LIMIT {identifiers_max:UInt32}`

function shapeIdentifier(row: IdentifierRow, mask: Mask) {
  return {
    kind: row.kind,
    value: mask.identifier(row.kind, row.value),
    since: row.since,
    because: {
      fact: row.because_fact,
      id: row.because_id,
      at: row.because_at,
      // The founder of a person was joined to nothing.
      with:
        row.because_kind === ''
          ? null
          : { kind: row.because_kind, value: mask.identifier(row.because_kind, row.because_value) },
    },
  }
}

const ofPerson = 'site = {site:String} AND person = {person:String}'

/** Names as the CRM, leads and forms gave them: whoever spoke last comes first. */
const namesSql = `SELECT name, max(said_at) AS last_said_at
  FROM (
    SELECT contact_name AS name, received_at AS said_at FROM deals
    WHERE site = {site:String} AND id IN (SELECT id FROM conversions FINAL WHERE ${ofPerson} AND kind = 'deal')
    UNION ALL
    SELECT name, received_at AS said_at FROM (
      SELECT id, name, received_at FROM leads
      WHERE site = {site:String} AND id IN (SELECT value FROM identities FINAL WHERE ${ofPerson} AND kind = 'lead')
      ORDER BY version DESC, received_at DESC, node DESC, segment DESC, row DESC
      LIMIT 1 BY id
    )
    UNION ALL
    SELECT contact_name AS name, received_at AS said_at FROM events
    WHERE site = {site:String} AND bot = 0
      AND visitor IN (SELECT value FROM identities FINAL WHERE ${ofPerson} AND kind = 'visitor')
  )
  WHERE name != ''
  GROUP BY name
  ORDER BY last_said_at DESC, name
  LIMIT {names_max:UInt32}`

interface DealOfPerson {
  id: string
  status: string
  stage: string
  reason: string
  amount: string | null
  currency: string
  project: string
  manager: string
  created_at: string
  closed_at: string | null
  why: string
}

const dealsSql = `SELECT id, status, stage, reason, value AS amount, currency, project, manager, at AS created_at, closed_at,
    ${uncreditedSql('person = {person:String}')} AS why
  FROM conversions FINAL
  WHERE ${ofPerson} AND kind = 'deal'
  ORDER BY created_at, id
  LIMIT {deals_max:UInt32}`

/** What the person's won deals brought, in the currency of the site; others cannot be added to it. */
async function revenueOf(reader: Pick<Reader, 'query'>, site: Site, person: string): Promise<string> {
  const [sum] = await reader.query<{ revenue: string | null }>(
    `SELECT toDecimal128(sum(ifNull(value, 0)), 4) AS revenue
     FROM conversions FINAL
     WHERE ${ofPerson} AND kind = 'deal' AND status = 'won' AND currency IN ('', {currency:String})`,
    { site: site.id, person, currency: site.currency },
  )
  return moneyText(sum?.revenue ?? '0') as string // A sum in a Decimal column is one that can be kept.
}
