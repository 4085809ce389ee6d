import { moneyText } from '#domain/money.ts'
import type { CallRow } from './call-view.ts'
import { shapeCall } from './call-view.ts'
import { shapeForm } from './lead-view.ts'
import type { Mask } from './mask.ts'

export interface TimelineSource {
  /** What `shape` needs. */
  columns: string
  /** Rows with those, and `at`, `rank` (the order at one moment), `key` (unique among them), `kind`, `id`. */
  sql: string
  /** Whether its rows happened inside a session; they then hold `sent_session` and `visitor`. */
  hasSession: boolean
  shape(row: Record<string, unknown>, mask: Mask): object
}

const ofPerson = 'site = {site:String} AND person = {person:String}'

function identifiers(kind: string): string {
  return `SELECT value FROM identities FINAL WHERE ${ofPerson} AND kind = '${kind}'`
}

const dealIds = `SELECT id FROM conversions FINAL WHERE ${ofPerson} AND kind = 'deal'`

const session: TimelineSource = {
  columns:
    'visitor, source, medium, campaign, content, term, channel, landing_url, referrer, device, browser, os, country, region, city, pages, engaged_ms, bounce, numbers, ended_at',
  hasSession: false,
  sql: `SELECT started_at AS at, 0 AS rank, id AS key, 'session' AS kind, id, visitor, source, medium, campaign, content, term,
      channel, landing_url, referrer, device, browser, os, country, region, city, pages, engaged_ms, bounce, numbers, ended_at
    FROM sessions FINAL
    WHERE ${ofPerson}`,
  shape: (row, mask) => ({
    ...pick(
      row,
      'visitor source medium campaign content term channel device browser os country region city pages numbers ended_at',
    ),
    landing_url: mask.text(String(row.landing_url)),
    referrer: mask.text(String(row.referrer)),
    campaign: mask.text(String(row.campaign)),
    term: mask.text(String(row.term)),
    engaged_ms: Number(row.engaged_ms),
    bounce: row.bounce === 1,
  }),
}

const ranks = "transform(type, ['page', 'form', 'click', 'custom'], [1, 2, 3, 4], 5)"

/** A visitor whom several persons share is nobody's: of such a browser only the person's own sessions count. */
const events: TimelineSource = {
  columns:
    'sent_session, visitor, url, title, form_id, form_name, form_fields, click_kind, click_target, name, props, phone, email, contact_name',
  hasSession: true,
  sql: `SELECT at, ${ranks} AS rank, id AS key, toString(type) AS kind, id, session AS sent_session, visitor, url, title, form_id,
      form_name, form_fields, click_kind, click_target, name, props, phone, email, contact_name
    FROM events
    WHERE site = {site:String}
      -- Two questions and no UNION in one: on a cluster ClickHouse refuses a second table inside an IN.
      AND (visitor IN (${identifiers('visitor')}) OR visitor IN (SELECT visitor FROM sessions FINAL WHERE ${ofPerson}))
      AND (visitor IN (${identifiers('visitor')}) OR session IN (
        SELECT arrayJoin([id, replaceRegexpOne(id, '[.][0-9]+$', '')]) FROM sessions FINAL WHERE ${ofPerson}
      ))
      AND type IN ('page', 'form', 'click', 'custom') AND bot = 0
    ORDER BY received_at, node, segment, row
    LIMIT 1 BY id`,
  shape: (row, mask) => ({ url: mask.text(String(row.url)), ...eventFields(row, mask) }),
}

function eventFields(row: Record<string, unknown>, mask: Mask): object {
  if (row.kind === 'page') return { title: mask.text(String(row.title)) }
  if (row.kind === 'click') {
    const target = mask.text(String(row.click_target))
    return { click: { kind: row.click_kind, target } }
  }
  if (row.kind === 'custom') return { name: row.name, props: mask.body(readJson(String(row.props))) }
  return {
    form: shapeForm(row as unknown as Parameters<typeof shapeForm>[0], mask),
    name: mask.name(String(row.contact_name)),
    phone: mask.phone(String(row.phone)),
    email: mask.email(String(row.email)),
  }
}

const call: TimelineSource = {
  columns:
    '`from`, `to`, direction, status, duration, talk, wait, recording_url, operator, provider, tags, pool, session, visitor, person, confidence, reason, candidates, source, medium, campaign, channel, clock_skew_ms, signs',
  hasSession: false,
  sql: `SELECT at, 6 AS rank, id AS key, 'call' AS kind, id, \`from\`, \`to\`, direction, status, duration, talk, wait,
      recording_url, operator, provider, tags, pool, session, visitor, person, confidence, reason, candidates, source, medium,
      campaign, channel, clock_skew_ms, signs
    FROM call_matches FINAL
    WHERE ${ofPerson}`,
  shape: (row, mask) => {
    const { id: _, at: __, ...shown } = shapeCall(row as unknown as CallRow, mask)
    return { session: shown.match.session, ...shown }
  },
}

/** A form and a lead of one id, or of one request, are one lead, which the form stands for; so is a message told twice. */
const lead: TimelineSource = {
  columns: 'l_kind, l_session, name, phone, email, url, text, source, medium, campaign, channel',
  hasSession: false,
  sql: `SELECT at, 7 AS rank, id AS key, 'lead' AS kind, id, l_kind, l_session, name, phone, email, url, text, source, medium,
      campaign, channel
    FROM (
      SELECT at, id, kind AS l_kind, session AS l_session, name, phone, email, url, text, source, medium, campaign, channel
      FROM leads
      WHERE site = {site:String} AND id IN (${identifiers('lead')})
        AND id NOT IN (
          SELECT id FROM events
          WHERE site = {site:String} AND type = 'form' AND visitor IN (${identifiers('visitor')})
        )
        AND id NOT IN (SELECT arrayJoin(also) FROM conversions FINAL WHERE ${ofPerson} AND kind = 'lead' AND fact = 'lead')
      ORDER BY version DESC, received_at DESC, node DESC, segment DESC, row DESC
      LIMIT 1 BY id
    )`,
  shape: (row, mask) => ({
    lead_kind: row.l_kind,
    session: row.l_session || null,
    name: mask.name(String(row.name)),
    phone: mask.phone(String(row.phone)),
    email: mask.email(String(row.email)),
    url: mask.text(String(row.url)),
    text: mask.typed(String(row.text)),
    ...pick(row, 'source medium channel'),
    campaign: mask.text(String(row.campaign)),
  }),
}

/** Every message about a deal is a step of its own; one that was sent twice is one. */
const deal: TimelineSource = {
  columns: 'status, stage, reason, amount, currency, project, manager',
  hasSession: false,
  sql: `SELECT at, 8 AS rank, concat(id, '\\n', toString(version), '\\n', status) AS key, 'deal' AS kind, id, status, stage,
      reason, amount, currency, project, manager
    FROM deals
    WHERE site = {site:String} AND id IN (${dealIds})
    ORDER BY received_at DESC, node DESC, segment DESC, row DESC
    LIMIT 1 BY id, at, version, status`,
  shape: (row) => ({
    ...pick(row, 'status stage reason currency project manager'),
    amount: moneyText(row.amount as string | null),
  }),
}

const postback: TimelineSource = {
  columns: 'destination, event, deal, state, attempts, tried_at, answer_status, error',
  hasSession: false,
  sql: `SELECT created_at AS at, 9 AS rank, concat(destination, '\\n', webhook_id) AS key, 'postback' AS kind, webhook_id AS id,
      destination, event, deal, state, attempts, tried_at, answer_status, error
    FROM postbacks FINAL
    WHERE site = {site:String} AND (person = {person:String} OR deal IN (${dealIds}))`,
  shape: (row) => pick(row, 'destination event deal state attempts tried_at answer_status error'),
}

const noteColumns = 'on_kind, on_id, verdict, tags, comment, dispute, merge, split_kind, split_value'

const note: TimelineSource = {
  columns: noteColumns,
  hasSession: false,
  sql: `SELECT at, 10 AS rank, id AS key, 'note' AS kind, id, ${noteColumns}
    FROM annotations
    WHERE site = {site:String} AND (
      (on_kind = 'person' AND on_id IN (SELECT founds FROM identities FINAL WHERE ${ofPerson}))
      OR (on_kind = 'person' AND on_id = {person:String})
      OR (on_kind = 'call' AND on_id IN (${identifiers('call')}))
      OR (on_kind = 'lead' AND on_id IN (${identifiers('lead')}))
      OR (on_kind = 'deal' AND on_id IN (${dealIds}))
    )
    ORDER BY received_at DESC, node DESC, segment DESC, row DESC
    LIMIT 1 BY id`,
  shape: (row, mask) => ({
    on: { kind: row.on_kind, id: row.on_id },
    ...pick(row, 'verdict tags'),
    comment: mask.typed(String(row.comment)),
    dispute: mask.typed(String(row.dispute)),
    ...pick(row, 'merge'),
    split:
      row.split_kind === ''
        ? null
        : {
            kind: row.split_kind,
            value: mask.identifier(String(row.split_kind), String(row.split_value)),
          },
  }),
}

/** Everything a person's timeline is made of. */
export const timelineSources: readonly TimelineSource[] = [session, events, call, lead, deal, postback, note]

function pick(row: Record<string, unknown>, names: string): Record<string, unknown> {
  return Object.fromEntries(names.split(' ').map((name) => [name, row[name]]))
}

function readJson(text: string): unknown {
  try {
    return text === '' ? {} : (JSON.parse(text) as unknown)
  } catch {
    return text
  }
}
