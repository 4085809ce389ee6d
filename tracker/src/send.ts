import { clientIds } from './client-ids.ts'
import { guard } from './guard.ts'
import { lastSession, session } from './session.ts'
import { settings } from './settings.ts'
import { keep, keysOf, recallAll } from './storage.ts'
import { newId, visitor } from './visitor.ts'

export interface Lease {
  pool: string
  replaces: string[]
  number: string
  expires_at: string
}

/** One fact with all that its sending needs, also on a later page. */
interface Parcel {
  site: string
  visitor: string
  session: string
  client_ids: Record<string, string | undefined>
  events: [{ id: string }]
  lease: boolean
  sent_at: Date
}

const KEPT = 'tl_unsent_'
// Behind an ad blocker nothing is ever accepted, and the site's storage is not ours to fill.
const KEPT_MAX = 30

/** Sent, and not answered yet. The event ids let the server drop what it already has. */
const unsettled = new Set<Parcel>()
let failed: Parcel[] = []
let stopped = false
let hasLeases = false
let endpoint: string
let onLeases: (leases: Lease[]) => void

/** Takes up what earlier pages could not deliver. It follows the first success, and so never delays a page's own facts. */
export function startSending(address: string, listener: (leases: Lease[]) => void): void {
  endpoint = address
  onLeases = listener
  failed = ((recallAll(KEPT) || []) as (Parcel | undefined)[]).filter((parcel) => parcel?.events) as Parcel[]
  // Numbers are for the page that is looked at, not for the one before it.
  for (const parcel of failed) parcel.lease = false
}

/** Consent was given or taken back: without it nothing goes out, and what waited is dropped. */
export function allowSending(isAllowed: boolean): void {
  stopped = !isAllowed
  failed = []
}

/**
 * One fact, sent at once. `lease` asks for numbers in the same request; `isEnd` says that the page is being hidden, where
 * only beacons are sure to get through. Elsewhere hardened browsers swallow them, and over their quota they are refused.
 */
export function track(type: string, fields: object, lease = false, isEnd = false): void {
  if (stopped) return
  const parcel = pack(type, fields, lease)
  if (!isEnd || !navigator.sendBeacon(`${endpoint}events`, JSON.stringify(parcel))) send(parcel)
}

/** Says that the numbers are still looked at. */
export function renewLeases(): void {
  // Before its first page is known, a session is given nothing, and that answer would take the number off the page.
  if (stopped || !hasLeases) return
  post('numbers', { site: settings.site, visitor: visitor(), session: session() })
    .then(readLeases)
    .catch(() => {})
}

/** To be called when the page may be about to vanish: what has no answer yet is left for the next page. */
export const keepUnsettled = guard(() => {
  for (const parcel of unsettled) {
    if (keysOf(KEPT).length < KEPT_MAX) keep(KEPT + parcel.events[0].id, JSON.stringify(parcel))
  }
})

function pack(type: string, fields: object, lease: boolean): Parcel {
  // Leaving proves no life: after an hour of silence it must not open a session of its own.
  const last = type === 'leave' && lastSession()
  const event = { id: newId(), type, at: last ? last.at : new Date(), url: location.href }
  return {
    site: settings.site,
    visitor: visitor(),
    session: last ? last.session : session(),
    client_ids: clientIds(),
    events: [Object.assign(event, fields)],
    lease,
    sent_at: new Date(),
  }
}

function send(parcel: Parcel): void {
  parcel.sent_at = new Date()
  const answer = post('events', parcel)
  unsettled.add(parcel)
  answer
    .then((response) => {
      // Anything else that is wrong with a fact would be wrong again tomorrow.
      if (response.status > 499 || response.status === 429) throw 0
      unsettled.delete(parcel)
      keep(KEPT + parcel.events[0].id, '')
      retry()
      return with_calls ? readLeases(response) : undefined
    })
    .catch(() => {
      // The answer itself may have been unreadable: then the fact has arrived all the same.
      if (!unsettled.has(parcel) || stopped) return
      if (failed.length < KEPT_MAX) failed.push(parcel)
      else unsettled.delete(parcel)
      keepUnsettled()
    })
}

/** Tries one that failed, and after its success the next: a server coming back is not met by a crowd. */
export function retry(): void {
  const parcel = failed.shift()
  if (parcel) send(parcel)
}

/** A string body goes as text/plain, which needs no preflight. Throws at once on content that is no JSON. */
function post(path: string, content: object): Promise<Response> {
  // Keepalive outlives the page. Browsers refuse it over 64 KiB in flight: what is refused waits its turn among the failed.
  return fetch(endpoint + path, { method: 'POST', body: JSON.stringify(content), keepalive: true })
}

async function readLeases(response: Response): Promise<void> {
  const { numbers } = await response.json()
  if (!numbers) return
  hasLeases = true
  onLeases(numbers)
}
