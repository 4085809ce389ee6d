import { moneyText } from '#domain/money.ts'
import type { Mask } from './mask.ts'

export interface DealRow {
  id: string
  created_at: string
  closed_at: string | null
  changed_at: string
  status: string
  stage: string
  reason: string
  manager: string
  project: string
  amount: string | null
  currency: string
  person: string
  visitor: string
  session: string
  url: string
  contact_id: string
  contact_name: string
  phones: string[]
  emails: string[]
  call: string
  lead: string
}

/**
 * Deals as they stand, with who and which session they belong to. The condition is on columns of `conversions`, the words
 * of the CRM that history does not keep come from its messages: what the newest one leaves out stands as said before.
 */
export function dealsSql(where: string, { isOne = false } = {}): string {
  const order = '(at, version, received_at, node, segment, row)'
  return `SELECT c.id AS id, c.created_at AS created_at, c.closed_at AS closed_at, m.changed_at AS changed_at,
    c.status AS status, c.stage AS stage, c.reason AS reason, c.manager AS manager, c.project AS project, c.value AS amount,
    c.currency AS currency, c.person AS person, c.visitor AS visitor, c.session AS session, ifNull(m.said_url, '') AS url,
    m.said_contact AS contact_id, m.said_name AS contact_name, m.said_phones AS phones, m.said_emails AS emails,
    m.said_call AS call, m.said_lead AS lead
  FROM (
    SELECT id, at AS created_at, closed_at, status, stage, reason, manager, project, value, currency, person, visitor, session
    FROM conversions FINAL
    WHERE site = {site:String} AND kind = 'deal' AND ${where}
  ) AS c
  LEFT JOIN (
    SELECT id, max(at) AS changed_at,
      argMax(url, ${order}) AS said_url,
      argMaxIf(contact_id, ${order}, contact_id != '') AS said_contact,
      argMaxIf(contact_name, ${order}, contact_name != '') AS said_name,
      argMaxIf(phones, ${order}, notEmpty(phones)) AS said_phones,
      argMaxIf(emails, ${order}, notEmpty(emails)) AS said_emails,
      argMaxIf(call, ${order}, call != '') AS said_call,
      argMaxIf(lead, ${order}, lead != '') AS said_lead
    FROM deals
    WHERE site = {site:String}${isOne ? ' AND id = {id:String}' : ''}
    GROUP BY id
  ) AS m ON m.id = c.id`
}

/** A deal as callers see it. */
export function shapeDeal(row: DealRow, mask: Mask) {
  return {
    id: row.id,
    created_at: row.created_at,
    closed_at: row.closed_at,
    at: row.changed_at,
    status: row.status,
    stage: row.stage,
    reason: row.reason,
    amount: moneyText(row.amount),
    currency: row.currency,
    project: row.project,
    manager: row.manager,
    url: mask.text(row.url),
    contact: {
      id: row.contact_id,
      name: mask.name(row.contact_name),
      phones: row.phones.map(mask.phone),
      emails: row.emails.map(mask.email),
    },
    call: row.call,
    lead: row.lead,
    person: row.person || null,
    match: { session: row.session || null, visitor: row.visitor || null, person: row.person || null },
  }
}
