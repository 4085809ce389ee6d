import { readClick } from '#domain/click.ts'
import { normalizeEmail } from '#domain/email.ts'
import { normalizePhone } from '#domain/phone.ts'
import { type Recognised, recogniseFields } from '#domain/recognise.ts'
import type { TrackedEvent } from '#ingest/wire/event.ts'
import type { FactRow } from '#storage/fact-tables.ts'
import type { Site } from '#storage/settings/documents.ts'
import type { KnownSite } from './site-index.ts'

/** The columns that all events of a batch share. */
export type BatchColumns = Pick<
  FactRow<'events'>,
  | 'site'
  | 'received_at'
  | 'clock_shift_ms'
  | 'trusted'
  | 'bot'
  | 'visitor'
  | 'session'
  | 'ga'
  | 'ym'
  | 'device'
  | 'browser'
  | 'os'
  | 'country'
  | 'region'
  | 'city'
  | 'ip'
  | 'user_agent'
  | 'ga_session'
>

/** Makes the finished row: tags read, people recognised. `at_ms` is the moment with the sender's clock put right. */
export function eventRow(
  event: TrackedEvent,
  at_ms: number,
  batch: BatchColumns,
  { document, trafficOf, owns }: Pick<KnownSite, 'document' | 'trafficOf' | 'owns'>,
): FactRow<'events'> {
  const url = event.url ?? ''
  const referrer = event.type === 'page' ? (event.referrer ?? '') : ''
  const traffic = url === '' ? undefined : trafficOf(url, referrer)
  const person = personOf(event, document)
  const click = clickOf(event, owns)
  // Every column is written out: putting forty columns together from parts takes twenty times as long.
  return {
    site: batch.site,
    id: event.id,
    type: event.type,
    at: at_ms,
    received_at: batch.received_at,
    clock_shift_ms: batch.clock_shift_ms,
    trusted: batch.trusted,
    bot: batch.bot,
    visitor: batch.visitor,
    session: batch.session,
    ga: batch.ga,
    ym: batch.ym,
    url,
    referrer,
    title: event.type === 'page' ? (event.title ?? '') : '',
    source: traffic?.source ?? '',
    medium: traffic?.medium ?? '',
    campaign: traffic?.campaign ?? '',
    content: traffic?.content ?? '',
    term: traffic?.term ?? '',
    channel: traffic?.channel ?? '',
    click_ids: traffic?.click_ids ?? {},
    referrer_host: traffic?.referrer_host ?? '',
    engaged_ms: event.type === 'leave' ? (event.engaged_ms ?? 0) : 0,
    scroll_percent: event.type === 'leave' ? (event.scroll_percent ?? 0) : 0,
    form_id: event.type === 'form' ? (event.form.id ?? '') : '',
    form_name: event.type === 'form' ? (event.form.name ?? '') : '',
    form_fields: person.kept,
    click_kind: click.kind,
    click_target: click.target,
    name: event.type === 'custom' ? event.name : '',
    props: event.type === 'custom' ? (event.props ?? '') : '',
    phone: person.phone ?? '',
    email: person.email ?? '',
    user: event.type === 'identify' ? (event.user?.trim() ?? '') : '',
    contact_name: person.name ?? '',
    device: batch.device,
    browser: batch.browser,
    os: batch.os,
    country: batch.country,
    region: batch.region,
    city: batch.city,
    ip: batch.ip,
    user_agent: batch.user_agent,
    ga_session: batch.ga_session,
  }
}

/** A click that names no kind of its own has it in its target; one on a page of the site's other hosts has none. */
function clickOf(event: TrackedEvent, owns: KnownSite['owns']): { kind: string; target: string } {
  if (event.type !== 'click') return noClick
  const { kind, target } = event
  if (kind) return { kind, target: target ?? '' }
  const click = readClick(target ?? '')
  const [, host = ''] = /^https?:\/\/([^/:?#]*)/.exec(click.target) ?? []
  return click.kind === 'outbound' && owns(host) ? { ...click, kind: '' } : click
}

const noClick = { kind: '', target: '' }

/** What an event says about who is there. */
function personOf(event: TrackedEvent, { region, form_values }: Site): Recognised {
  if (event.type === 'form') return recogniseFields(event.form.fields ?? {}, { region, form_values })
  if (event.type !== 'identify') return nobody
  const phone = normalizePhone(event.phone?.trim() ?? '', region)?.phone
  const email = normalizeEmail(event.email ?? '')
  return { ...(phone !== undefined && { phone }), ...(email !== undefined && { email }), kept: {} }
}

const nobody: Recognised = { kept: {} }
