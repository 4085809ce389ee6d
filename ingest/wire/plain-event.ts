import {
  COOKIE_DOMAIN_LENGTH_MAX,
  EVENTS_MAX,
  type EventEnvelope,
  IP_LENGTH_MAX,
  TITLE_LENGTH_MAX,
  type TrackedEvent,
  USER_AGENT_LENGTH_MAX,
} from './event.ts'
import {
  CLIENT_ID_LENGTH_MAX,
  factIdPattern,
  isHttpUrl,
  isReferrer,
  SITE_ID_LENGTH_MAX,
  URL_LENGTH_MAX,
} from './fields.ts'
import { readMoment } from './instant.ts'
import { storableText } from './text.ts'

// What nearly every request holds, read by hand in a twentieth of the time that the schema takes. The schema remains the
// only description: what is read here is what it would have made of it (a test holds them together), and anything out
// of the ordinary is left to it, faults above all.

type Fields = Record<string, unknown>

/** The envelope of a browser's batch; undefined when the schema must look at it. */
export function plainEnvelope(value: unknown): EventEnvelope | undefined {
  if (!isFields(value)) return undefined
  const { site, visitor, session, sent_at, events, lease } = value
  if (typeof site !== 'string' || site === '' || site.length > SITE_ID_LENGTH_MAX) return undefined
  if (!isFactId(visitor) || (session !== undefined && !isFactId(session))) return undefined
  if (!Array.isArray(events) || events.length > EVENTS_MAX) return undefined
  if (lease !== undefined && typeof lease !== 'boolean') return undefined
  const ip = plainText(value.ip, IP_LENGTH_MAX)
  const user_agent = plainText(value.user_agent, USER_AGENT_LENGTH_MAX)
  const cookie_domain = plainText(value.cookie_domain, COOKIE_DOMAIN_LENGTH_MAX)
  if (ip === undefined || user_agent === undefined || cookie_domain === undefined) return undefined
  const sent_at_ms = sent_at === undefined ? undefined : plainMoment(sent_at)
  const client_ids = value.client_ids === undefined ? undefined : plainClientIds(value.client_ids)
  if (sent_at_ms === undefined && sent_at !== undefined) return undefined
  if (client_ids === undefined && value.client_ids !== undefined) return undefined
  const envelope: EventEnvelope = { site, visitor, session, client_ids, sent_at: sent_at_ms, events }
  // An absent one is not an empty one: a browser that sends no name of its own is a bot, a server may not know it.
  if (lease !== undefined) envelope.lease = lease
  if (value.cookie_domain !== undefined) envelope.cookie_domain = storableText(cookie_domain)
  if (value.ip !== undefined) envelope.ip = storableText(ip)
  if (value.user_agent !== undefined) envelope.user_agent = storableText(user_agent)
  return envelope
}

/** A view of a page; undefined when the schema must look at it. */
export function plainPage(value: unknown): TrackedEvent | undefined {
  if (!isFields(value) || value.type !== 'page' || !isFactId(value.id)) return undefined
  const { id, url } = value
  const at = plainMoment(value.at)
  const referrer = plainText(value.referrer, URL_LENGTH_MAX)
  const title = plainText(value.title, TITLE_LENGTH_MAX)
  if (at === undefined || referrer === undefined || title === undefined) return undefined
  if (typeof url !== 'string' || url.length > URL_LENGTH_MAX || !isHttpUrl(url) || !isReferrer(referrer))
    return undefined
  return { type: 'page', id, at, url: storableText(url), referrer: storableText(referrer), title: storableText(title) }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isFactId(value: unknown): value is string {
  return typeof value === 'string' && factIdPattern.test(value)
}

function plainMoment(value: unknown): number | undefined {
  return typeof value === 'number' || (typeof value === 'string' && value.length <= 40) ? readMoment(value) : undefined
}

/** An absent text is an empty one to everybody who reads it later. */
function plainText(value: unknown, length_max: number): string | undefined {
  if (value === undefined) return ''
  return typeof value === 'string' && value.length <= length_max ? value : undefined
}

function plainClientIds(value: unknown): EventEnvelope['client_ids'] {
  if (!isFields(value)) return undefined
  const ga = plainText(value.ga, CLIENT_ID_LENGTH_MAX)
  const ym = plainText(value.ym, CLIENT_ID_LENGTH_MAX)
  const ga_session = plainText(value.ga_session, CLIENT_ID_LENGTH_MAX)
  if (ga === undefined || ym === undefined || ga_session === undefined) return undefined
  return { ga: storableText(ga), ym: storableText(ym), ga_session: storableText(ga_session) }
}
