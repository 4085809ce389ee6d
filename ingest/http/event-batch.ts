import type { IncomingHttpHeaders } from 'node:http'
import type { core } from 'zod'
import type { ByteText } from '#domain/byte-text.ts'
import { normalizeGa, normalizeGaSession, normalizeYm } from '#domain/client-id.ts'
import { isAddress } from '#ingest/enrich/address.ts'
import type { Visitor } from '#ingest/enrich/visitor.ts'
import type { Sight } from '#ingest/leases/pools-for-session.ts'
import { encodeRow } from '#ingest/log/encode-row.ts'
import { EventEnvelope, TrackedEvent } from '#ingest/wire/event.ts'
import { instantFault } from '#ingest/wire/instant.ts'
import { formOfLead } from '#ingest/wire/lead-event.ts'
import { plainEnvelope, plainPage } from '#ingest/wire/plain-event.ts'
import type { Access } from '#shell/access.ts'
import { isTooDeep } from './depth.ts'
import { type BatchColumns, eventRow } from './event-row.ts'
import { invalid, noObject, type Refusal } from './intake.ts'
import { type BatchText, batchText, pageLine } from './page-line.ts'
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
  headers: IncomingHttpHeaders
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
  text: BatchText
  /** What is added to each `at`. */
  shift_ms: number
  /** The address of the visitor, for the count of leases alone. */
  address: string
}

/** Lets a batch in: known site, right sender, sane clock. */
export function openBatch(
  value: unknown,
  sender: Sender,
  sites: SiteIndex,
  visitorOf: (address: string, user_agent: string | undefined) => Visitor,
): OpenBatch | Refusal {
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
  const found = visitorOf(address, user_agent)
  const columns: BatchColumns = {
    site: envelope.site,
    received_at: sender.received_at,
    clock_shift_ms: Math.max(-INT32_MAX, Math.min(INT32_MAX, shift_ms)),
    trusted: trusted ? 1 : 0,
    bot: found.bot,
    visitor: envelope.visitor,
    session: envelope.session ?? '',
    ga: normalizeGa(envelope.client_ids?.ga ?? '') ?? '',
    ym: normalizeYm(envelope.client_ids?.ym ?? '') ?? '',
    device: found.device,
    browser: found.browser,
    os: found.os,
    country: found.country,
    region: found.region,
    city: found.city,
    ip: found.ip,
    user_agent: found.user_agent,
    ga_session: normalizeGaSession(envelope.client_ids?.ga_session ?? '') ?? '',
  }
  return { envelope, site, sender, columns, text: batchText(columns, found.columns), shift_ms, address }
}

/** An event as the log keeps it; of a page also where it came from. */
export interface TakenEvent {
  line: ByteText
  id: string
  sight: Sight | undefined
}

/** Makes the row of one event of a batch, or says why there is none. */
export function readEvent(value: unknown, batch: OpenBatch): TakenEvent | Refusal {
  const { shift_ms, sender } = batch
  if (isTooDeep(value)) return { field: 'props', message: 'is nested too deeply', reason: 'too_deep' }
  const event = readTracked(value)
  if ('reason' in event) return event
  const at_ms = event.at + shift_ms
  const fault = instantFault(at_ms, sender.received_at)
  if (fault) return { field: 'at', ...fault }
  if (!sender.hasToken && at_ms < sender.received_at - BROWSER_AGE_MAX_MS) {
    return { field: 'at', message: 'is more than 3 days ago; older events need a token', reason: 'too_old' }
  }
  return takenEvent(event, at_ms, batch)
}

function takenEvent(event: TrackedEvent, at_ms: number, { columns, text, site }: OpenBatch): TakenEvent {
  const { id } = event
  if (event.type !== 'page')
    return { line: encodeRow('events', eventRow(event, at_ms, columns, site)), id, sight: undefined }
  const traffic = site.trafficOf(event.url, event.referrer ?? '')
  const sight = { source: traffic.source, channel: traffic.channel, landing_url: event.url }
  return { line: pageLine(event, at_ms, site.quoted, text, traffic), id, sight }
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
  return parsed.success ? formOfLead(parsed.data) : invalid(parsed.error as core.$ZodError)
}

function refuseSender(envelope: EventEnvelope, site: KnownSite | undefined, sender: Sender): Refusal | undefined {
  if (sender.hasToken) {
    if (!sender.access?.reaches(envelope.site)) {
      return { field: 'site', message: `This token may not write to site "${envelope.site}".`, reason: 'forbidden' }
    }
    if (envelope.ip && !isAddress(envelope.ip)) {
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
  if (value.length > LOST_LENGTH_MAX || !lost.has(value.toLowerCase())) return undefined
  return { field, message: `is missing: the page sent the word "${value}"`, reason: 'invalid' }
}

const lost = new Set(['undefined', 'null', 'nan', 'none', 'nil', 'false', 'true'])
const LOST_LENGTH_MAX = 'undefined'.length

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
