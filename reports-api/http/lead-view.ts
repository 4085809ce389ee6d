import { type JudgedRow, judgedColumns, shapeJudgement } from './judgement.ts'
import type { Mask } from './mask.ts'
import { sessionTagsSql, tagsOf } from './session-tags.ts'

export interface LeadRow extends JudgedRow {
  id: string
  at: string
  lead_kind: string
  project: string
  person: string
  visitor: string
  session: string
  also: string[]
  same: string
  number: string
  pool: string
  name: string
  phone: string
  email: string
  url: string
  text: string
  source: string
  medium: string
  campaign: string
  channel: string
  form_id: string
  form_name: string
  form_fields: Record<string, string>
}

const kept = [
  'id',
  'at',
  'lead_kind',
  'project',
  'person',
  'visitor',
  'session',
  'number',
  'pool',
  'also',
  'same',
  ...judgedColumns,
]
const lead = "site = {site:String} AND kind = 'lead' AND fact = 'lead'"

/** The lead of that id, whichever of its ids it is. */
export const leadOfId = '(id = {id:String} OR has(also, {id:String}))'

/**
 * Leads that are no calls, with what they said: of a form the event itself, and over it whatever message tells of the same
 * request, under its id or another. Where it came from is what its message says, else what its session came from; a form
 * of no session has what the page it stood on tells. The condition is on columns of `conversions`. `isOne` says that a
 * single id is asked, which the facts are then read by.
 */
export function leadsSql(where: string, { isOne = false } = {}): string {
  const ids = `SELECT arrayJoin([id, message]) FROM conversions FINAL WHERE ${lead} AND ${where}`
  const id = isOne ? ` AND id IN (${ids})` : ''
  return `SELECT ${kept.map((column) => `c.${column} AS ${column}`).join(', ')},
    if(l.name != '', l.name, f.name) AS name, if(l.phone != '', l.phone, f.phone) AS phone,
    if(l.email != '', l.email, f.email) AS email, if(l.url != '', l.url, f.url) AS url, l.text AS text,
    ${tagsOf([
      ['l', "l.source != ''"],
      ['s', "s.source != ''"],
      ['f', 'true'],
    ])},
    f.form_id AS form_id, f.form_name AS form_name, f.form_fields AS form_fields
  FROM (
    -- Rows from before messages were named are told of by their own.
    SELECT ${kept.join(', ')}, if(message = '', id, message) AS told_by
    FROM conversions FINAL
    WHERE ${lead} AND ${where}
  ) AS c
  LEFT JOIN (
    SELECT id, name, phone, email, url, text, source, medium, campaign, channel
    FROM leads
    WHERE site = {site:String}${id}
    ORDER BY version DESC, received_at DESC, node DESC, segment DESC, row DESC
    LIMIT 1 BY id
  ) AS l ON l.id = c.told_by
  LEFT JOIN (
    SELECT id, contact_name AS name, phone, email, url, source, medium, campaign, channel, form_id, form_name, form_fields
    FROM events
    WHERE site = {site:String} AND type = 'form' AND bot = 0${id}
    ORDER BY received_at, node, segment, row
    LIMIT 1 BY id
  ) AS f ON f.id = c.id
  LEFT JOIN (${sessionTagsSql(`SELECT session FROM conversions FINAL WHERE ${lead} AND ${where}`)}) AS s ON s.id = c.session`
}

/** A lead as callers see it. */
export function shapeLead(row: LeadRow, mask: Mask) {
  const hasForm = row.form_id !== '' || row.form_name !== '' || Object.keys(row.form_fields).length > 0
  return {
    id: row.id,
    at: row.at,
    kind: row.lead_kind,
    name: mask.name(row.name),
    phone: mask.phone(row.phone),
    email: mask.email(row.email),
    url: mask.text(row.url),
    text: mask.typed(row.text),
    source: row.source,
    medium: row.medium,
    campaign: mask.text(row.campaign),
    channel: row.channel,
    ...(hasForm && { form: shapeForm(row, mask) }),
    project: row.project,
    ...shapeJudgement(row, mask),
    also: row.also,
    same: row.same === '' ? [] : (JSON.parse(row.same) as unknown[]),
    person: row.person || null,
    match: { session: row.session || null, visitor: row.visitor || null, person: row.person || null },
  }
}

/** A form as the tracker sent it: `name` and `id` of the form, and what was typed. */
export function shapeForm(
  row: Pick<LeadRow, 'form_id' | 'form_name' | 'form_fields'>,
  mask: Mask,
): { id: string; name: string; fields: Record<string, string> } {
  const fields = Object.entries(row.form_fields).map(([name, value]) => [name, mask.typed(value)])
  return { id: row.form_id, name: row.form_name, fields: Object.fromEntries(fields) }
}
