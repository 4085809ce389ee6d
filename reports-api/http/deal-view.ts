import { moneyText } from '#domain/money.ts'
import { uncreditedSql } from '#reports-api/registry/uncredited.ts'
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
  touches: number
  uncredited: string
  /** Every message, from the oldest: at, status, stage, reason, amount, currency. */
  messages: DealMessage[]
}

type DealMessage = [
  at: string,
  status: string,
  stage: string | null,
  reason: string | null,
  amount: string | null,
  currency: string | null,
]

/**
 * Deals as they stand, with who and which session they belong to. The condition is on columns of `conversions`, the words
 * of the CRM that history does not keep come from its messages: what the newest one leaves out stands as said before.
 */
export function dealsSql(where: string, ofTouches: string, { isOne = false } = {}): string {
  const order = '(at, version, received_at, node, segment, row)'
  return `SELECT c.id AS id, c.created_at AS created_at, c.closed_at AS closed_at, m.changed_at AS changed_at,
    c.status AS status, c.stage AS stage, c.reason AS reason, c.manager AS manager, c.project AS project, c.value AS amount,
    c.currency AS currency, c.person AS person, c.visitor AS visitor, c.session AS session, ifNull(m.said_url, '') AS url,
    m.said_contact AS contact_id, m.said_name AS contact_name, m.said_phones AS phones, m.said_emails AS emails,
    m.said_call AS call, m.said_lead AS lead, c.touches AS touches, c.why AS uncredited, m.messages AS messages
  FROM (
    SELECT id, at AS created_at, closed_at, status, stage, reason, manager, project, value, currency, person, visitor, session,
      touches, ${uncreditedSql(ofTouches)} AS why
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
      argMaxIf(lead, ${order}, lead != '') AS said_lead,
      arrayMap(one -> one.2, arraySlice(arraySort(one -> one.1,
        groupArray((${order}, (at, status, stage, reason, toString(amount), currency)))), -${MESSAGES_MAX})) AS messages
    FROM deals
    WHERE site = {site:String}${isOne ? ' AND id = {id:String}' : ''}
    GROUP BY id
  ) AS m ON m.id = c.id`
}

/** Messages of one deal whose path is shown: the newest. */
const MESSAGES_MAX = 1_000

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
    stages: stagesOf(row.messages).map((stage) => mask.free(stage)),
    touches: row.touches,
    uncredited: row.uncredited || null,
    person: row.person || null,
    match: { session: row.session || null, visitor: row.visitor || null, person: row.person || null },
  }
}

/** The path the deal took, whatever order its messages came in: a step for each that changed something. */
function stagesOf(messages: readonly DealMessage[]) {
  const steps: {
    at: string
    status: string
    stage: string
    reason: string
    amount: string | null
    currency: string
  }[] = []
  for (const [at, status, stage, reason, amount, currency] of messages) {
    const before = steps.at(-1)
    // What a message leaves out stands as it was said before; a reason is one for its status alone.
    const step = {
      at,
      status,
      stage: stage ?? before?.stage ?? '',
      reason: reason ?? (before?.status === status ? before.reason : ''),
      amount: amount === null ? (before?.amount ?? null) : moneyText(amount),
      currency: currency ?? before?.currency ?? '',
    }
    const isNews =
      !before || (Object.keys(step) as (keyof typeof step)[]).some((k) => k !== 'at' && step[k] !== before[k])
    if (isNews) steps.push(step)
  }
  return steps
}

/** Keys of a deal that lead elsewhere than the one that counts, and why they do not join. */
export const conflictsSql = `SELECT e.kind AS kind, e.value AS value, e.reason AS reason, i.person AS person
  FROM (
    SELECT DISTINCT if(a_kind = 'deal', b_kind, a_kind) AS kind, if(a_kind = 'deal', b_value, a_value) AS value, reason
    FROM edges FINAL
    WHERE site = {site:String} AND fact = 'deal' AND fact_id = {id:String} AND joins = 0
      AND reason IN ('two_contacts', 'shared', 'blocked')
  ) AS e
  LEFT JOIN (
    SELECT kind, value, person FROM identities FINAL
    WHERE site = {site:String} AND (kind, value) IN (
      SELECT if(a_kind = 'deal', b_kind, a_kind), if(a_kind = 'deal', b_value, a_value)
      FROM edges FINAL
      WHERE site = {site:String} AND fact = 'deal' AND fact_id = {id:String} AND joins = 0
    )
  ) AS i ON i.kind = e.kind AND i.value = e.value
  ORDER BY kind, value`

export interface ConflictRow {
  kind: string
  value: string
  reason: string
  person: string
}

export function shapeConflict({ kind, value, reason, person }: ConflictRow, mask: Mask) {
  return { kind, value: mask.identifier(kind, value), reason, person: person || null }
}
