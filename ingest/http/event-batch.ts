import type { core } from 'zod'
import { normalizeGa, normalizeYm } from '#domain/client-id.ts'
import { parseAddress, truncateAddress } from '#ingest/enrich/address.ts'
import { describeClient } from '#ingest/enrich/client.ts'
import type { Places } from '#ingest/enrich/place.ts'
import { EventEnvelope, TrackedEvent } from '#ingest/wire/event.ts'
import { instantFault } from '#ingest/wire/instant.ts'
import { plainEnvelope, plainPage } from '#ingest/wire/plain-event.ts'
import type { Access } from '#shell/access.ts'
import { isTooDeep } from './depth.ts'
import { type BatchColumns, type EventRow, eventRow } from './event-row.ts'
import { invalid, noObject, type Refusal } from './intake.ts'
import type { KnownSite, SiteIndex } from './site-index.ts'

/** A clock that is off by less is left as it is: the way through the network takes time too. */
const CLOCK_SHIFT_IGNORED_MS = 5000
const BROWSER_AGE_MAX_MS = 3 * 24 * 3600 * 1000
const INT32_MAX = 2 ** 31 - 1

/** Who sends a batch, as far as the request tells. */
export interface Sender {
  /** Host of the page; undefined when the browser names none. */
  host: string | undefined
  address: string
  user_agent: string
  /** Whether the request bears a token that may write facts. */
  hasToken: boolean
  access: Access | undefined
  received_at: number
}

/** A batch that was let in; its events are still to be looked at. */
export interface OpenBatch {
  envelope: EventEnvelope
  site: KnownSite
  sender: Sender
  columns: BatchColumns
  /** What is added to each `at`. */
  shift_ms: number
  /** The address of the visitor, for the count of leases alone. */
  address: string
}

/** Lets a batch in: known site, right sender, sane clock. */
export function openBatch(value: unknown, sender: Sender, sites: SiteIndex, places: Places): OpenBatch | Refusal {
  const envelope = readEnvelope(value)
  if ('reason' in envelope) return envelope
  const site = sites.get(envelope.site)
  const refusal = refuseSender(envelope, site, sender)
  if (refusal) return refusal
  if (!site) return { field: 'site', message: `There is no site "${envelope.site}".`, reason: 'site_not_found' }
  const trusted = sender.hasToken
  // A token speaks for others: its own address and program say nothing of the visitor.
  const address = trusted ? (envelope.ip ?? '') : sender.address
  const user_agent = trusted ? (envelope.user_agent ?? undefined) : sender.user_agent
  const clock_ms = envelope.sent_at == null ? 0 : sender.received_at - envelope.sent_at
  const shift_ms = Math.abs(clock_ms) > CLOCK_SHIFT_IGNORED_MS ? clock_ms : 0
  const client = describeClient(user_agent)
  const columns: BatchColumns = {
    site: envelope.site,
    received_at: sender.received_at,
    clock_shift_ms: Math.max(-INT32_MAX, Math.min(INT32_MAX, shift_ms)),
    trusted: trusted ? 1 : 0,
    bot: client.bot ? 1 : 0,
    visitor: envelope.visitor,
    session: envelope.session ?? '',
    ga: normalizeGa(envelope.client_ids?.ga ?? '') ?? '',
    ym: normalizeYm(envelope.client_ids?.ym ?? '') ?? '',
    device: client.device,
    browser: client.browser,
    os: client.os,
    ...places.find(address),
    ip: truncateAddress(address),
    user_agent: (user_agent ?? '').slice(0, USER_AGENT_LENGTH_MAX),
  }
  return { envelope, site, sender, columns, shift_ms, address }
}

const USER_AGENT_LENGTH_MAX = 1000

/** Makes the row of one event of a batch, or says why there is none. */
export function readEvent(value: unknown, { columns, shift_ms, site, sender }: OpenBatch): EventRow | Refusal {
  if (isTooDeep(value)) return { field: 'props', message: 'is nested too deeply', reason: 'too_deep' }
  const event = readTracked(value)
  if ('reason' in event) return event
  const at_ms = event.at + shift_ms
  const fault = instantFault(at_ms, sender.received_at)
  if (fault) return { field: 'at', ...fault }
  if (!sender.hasToken && at_ms < sender.received_at - BROWSER_AGE_MAX_MS) {
    return { field: 'at', message: 'is more than 3 days ago; older events need a token', reason: 'too_old' }
  }
  return eventRow(event, at_ms, columns, site)
}

function readEnvelope(value: unknown): EventEnvelope | Refusal {
  if (typeof value !== 'object' || value === null) return noObject
  const plain = plainEnvelope(value)
  if (plain) return plain
  const parsed = EventEnvelope.safeParse(value)
  return parsed.success ? parsed.data : invalid(parsed.error as core.$ZodError)
}

function readTracked(value: unknown): TrackedEvent | Refusal {
  if (typeof value !== 'object' || value === null) return noObject
  const plain = plainPage(value)
  if (plain) return plain
  const parsed = TrackedEvent.safeParse(value)
  return parsed.success ? parsed.data : invalid(parsed.error as core.$ZodError)
}

function refuseSender(envelope: EventEnvelope, site: KnownSite | undefined, sender: Sender): Refusal | undefined {
  if (sender.hasToken) {
    if (!sender.access?.reaches(envelope.site)) {
      return { field: 'site', message: `This token may not write to site "${envelope.site}".`, reason: 'forbidden' }
    }
    if (envelope.ip && !parseAddress(envelope.ip)) {
      return { field: 'ip', message: 'must be an IP address', reason: 'invalid' }
    }
    return undefined
  }
  const wrong = site && wrongHost(site, sender.host)
  if (wrong) return wrong
  if (!envelope.session) return { field: 'session', message: 'is missing', reason: 'invalid' }
  return refuseLost('visitor', envelope.visitor) ?? refuseLost('session', envelope.session)
}

/** What a page sends that has lost its id. Under such a name all its visitors would be one. */
function refuseLost(field: 'visitor' | 'session', value: string): Refusal | undefined {
  if (!lost.has(value.toLowerCase())) return undefined
  return { field, message: `is missing: the page sent the word "${value}"`, reason: 'invalid' }
}

const lost = new Set(['undefined', 'null', 'nan', 'none', 'nil', 'false', 'true'])

/** Whether a page of this host may speak for the site; one that names no host may. */
export function wrongHost(site: KnownSite, host: string | undefined): Refusal | undefined {
  if (host === undefined || site.allows(host)) return undefined
  const named = host === '' ? 'The page that sends this' : `"${host}"`
  return {
    field: 'origin',
    message: `${named} is none of the domains of site "${site.document.id}".`,
    reason: 'domain_not_allowed',
  }
}
