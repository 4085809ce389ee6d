import type { FactRow } from '#storage/fact-tables.ts'
import type { SimulatedFact } from './world.ts'

const BOT_AGENT = 'Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)'
const agents: Record<string, string> = {
  mobile:
    'Mozilla/5.0 (Linux; Android 14; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36',
  tablet:
    'Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/604.1',
  desktop:
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36',
}

/**
 * The request that makes ingest write this fact: moments of the past need a token. Undefined for a number that nobody got,
 * which no sender tells of.
 */
export function apiBody({ table, row }: SimulatedFact): { path: string; body: object } | undefined {
  switch (table) {
    case 'events':
      return { path: '/v1/events', body: eventsBody(row) }
    case 'leases':
      return row.number === '' ? undefined : { path: '/v1/leases', body: leaseBody(row) }
    case 'calls':
      return { path: '/v1/calls', body: said({ ...row, received_at: undefined, from: row.from || null }) }
    case 'leads':
      return { path: '/v1/leads', body: said({ ...row, received_at: undefined, channel: undefined }) }
    case 'deals':
      return { path: '/v1/deals', body: dealBody(row) }
    default:
      throw new Error(`A world tells nothing for ${table}.`)
  }
}

function eventsBody(row: Partial<FactRow<'events'>>): object {
  const { id, type, at, url, referrer, engaged_ms, scroll_percent, form_id, form_fields, click_kind, click_target } =
    row
  const own = {
    page: { referrer },
    leave: { engaged_ms, scroll_percent },
    form: { form: { id: form_id, fields: form_fields } },
    click: { kind: click_kind, target: click_target },
    identify: { user: row.user, email: row.email },
  }[type as string]
  return said({
    ...{ site: row.site, visitor: row.visitor, session: row.session, client_ids: said({ ga: row.ga, ym: row.ym }) },
    events: [said({ id, type, at, url, ...own })],
    ...{ ip: row.ip, user_agent: row.bot === 1 ? BOT_AGENT : agents[row.device ?? 'desktop'] },
  })
}

function leaseBody({ site, pool, number, visitor, session, from, seen, to }: Partial<FactRow<'leases'>>): object {
  return { site, pool, number, visitor, session, from, seen, to }
}

function dealBody(row: Partial<FactRow<'deals'>>): object {
  const { received_at: _, contact_id, contact_name: name, phones, emails, ga, ym, ...other } = row
  const contact = said({ id: contact_id, name, phones, emails })
  return said({ ...other, contact, client_ids: said({ ga, ym }) })
}

/** Without what says nothing. */
function said(body: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined && value !== ''))
}
