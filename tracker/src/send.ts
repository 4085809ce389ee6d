import { clientIds } from './client-ids.ts'
import { endpoint } from './endpoint.ts'
import { guard, on } from './guard.ts'
import { address } from './landed.ts'
import { numberFor } from './leases.ts'
import { showNumbers } from './numbers.ts'
import { session } from './session.ts'
import { ASKING, agreesTo, keep, kept } from './storage.ts'
import { newId, renewal, visitor } from './visitor.ts'

export interface Lease {
  pool: string
  replaces: string[]
  number: string
  expires_at: string
}

// With the site in it: two sites on one domain may have two services. No id of a site has a slash.
const KEPT = `tl_unsent_${tl_settings.site}/`
// Behind an ad blocker nothing is ever accepted, and the site's storage is not ours to fill.
const KEPT_MAX = 100
// The first pause is twice as long, each further one twice the one before.
const PAUSE_MS = 500
const PAUSE_MS_MAX = 600_000
// 429 and all of 5xx are worth another try.
const REFUSED_MAX = 428
/** A body longer than this may not fit into the 64 KiB that keepalive has. */
const KEEPALIVE_CHARS_MAX = 20_000

/** Sent, and not answered yet, by the key it is kept under. */
let unsettled: Record<string, string> = {}
let hasLeases = false
let leaseKey: string
let pause_ms = PAUSE_MS
let isPausing: unknown

/** What earlier pages could not deliver follows the first success, and so never delays a page's own facts. */
export function startSending(): void {
  on('online', retry)
}

/** Consent was taken back: what waited is dropped, and nothing more goes out. */
export function dropUnsent(): void {
  unsettled = {}
  // A number that is no longer renewed is soon somebody else's.
  if (with_calls && numberFor()) showNumbers([])
}

/**
 * One fact, sent at once. `lease` asks for numbers in the same request; `isEnd` says that the page is being hidden, where
 * only beacons are sure to get through. Elsewhere hardened browsers swallow them, and over their quota they are refused.
 */
export function track(type: string, fields: object, isEnd?: boolean): void {
  // Nobody has seen the page yet, and it may be that nobody ever will. A picture of the name «prerendering» is not `true`.
  if ((document as { prerendering?: boolean }).prerendering === true)
    on('prerenderingchange', () => track(type, fields))
  // Asked each time: it may have been said in another tab.
  else if (agreesTo(ASKING)) {
    const id = newId()
    const key = KEPT + id
    const event = JSON.stringify(Object.assign({ id, type, at: Date.now(), url: address() }, fields))
    const sender = JSON.stringify({
      // A page knows which session it was shown in.
      session: (fields as { session?: string }).session || session(),
      visitor: visitor(),
      site: tl_settings.site,
      cookie_domain: renewal(),
      client_ids: clientIds(),
    })
    // Pieced together, because Prototype.js 1.6 makes text of every array that goes through JSON.
    const text = `"events":[${event}],${sender.slice(1)}`
    if (with_calls && type === 'page') leaseKey = key
    const isTaken = isEnd && guard(() => navigator.sendBeacon(`${endpoint}events`, timed(key, text)))()
    if (!isTaken) send(key, text)
  }
}

/** Says that the numbers are still looked at. */
export function renewLeases(): void {
  // Before its first page is known, a session is given nothing, and that answer would take the number off the page.
  // Of a no that was said in another tab this one hears here.
  if (hasLeases && agreesTo(ASKING))
    post('numbers', JSON.stringify({ site: tl_settings.site, visitor: visitor(), session: session() }))
      .then(readLeases)
      .catch(guard as never)
}

/** To be called when the page may be about to vanish: what has no answer yet is left for the next page. */
export function keepUnsettled(): void {
  Object.keys(unsettled).map((key) => putOff(key, unsettled[key] as string))
}

function putOff(key: string, text: string): void {
  if (!waiting()[KEPT_MAX - 1]) keep(key, text)
}

function send(key: string, text: string): void {
  // Taken away before it is sent: another tab must not send it as well.
  delete kept()[key]
  unsettled[key] = text
  post('events', timed(key, text))
    .then((response) => {
      // Anything else that is wrong with a fact would be wrong again tomorrow.
      if (response.status > REFUSED_MAX) throw 0
      delete unsettled[key]
      delete kept()[key]
      pause_ms = PAUSE_MS
      retry()
      return with_calls ? readLeases(response) : undefined
    })
    .catch(
      guard(() => {
        // The answer itself may have been unreadable: then the fact has arrived all the same.
        if (!unsettled[key]) return
        if (!isPausing) {
          // Doubled, and never 0: what is left of it after the longest has no factor three to lose.
          pause_ms = (pause_ms * 2) % PAUSE_MS_MAX
          isPausing = setTimeout(retry, pause_ms)
        }
        delete unsettled[key]
        putOff(key, text)
      }),
    )
}

/** Tries one that failed, and after its success the next: a server coming back is not met by a crowd. */
const retry = guard(() => {
  isPausing = 0
  // Any: one that something on the way refuses for ever must not hold up the others.
  const key = waiting()
    .sort(() => Math.random() - 0.5)
    // What is on its way may have been written down too, when the page was hidden.
    .find((key) => !unsettled[key])
  if (key && agreesTo(ASKING)) send(key, kept()[key] as string)
})

const waiting = (): string[] => Object.keys(kept()).filter((key) => key.startsWith(KEPT))

/** The clock at sending, by which the server puts `at` right, and the wish for numbers change with each try. */
const timed = (key: string, text: string): string =>
  `{"sent_at":${Date.now()},${with_calls ? `"lease":${key === leaseKey},` : ''}${text}`

/** A string body goes as text/plain, which needs no preflight. Keepalive outlives the page, up to 64 KiB in flight. */
const post = (path: string, body: string): Promise<Response> =>
  fetch(endpoint + path, {
    // The answer may set the visitor's cookie, and the service may be on another subdomain.
    credentials: 'include',
    keepalive: !body[KEEPALIVE_CHARS_MAX],
    method: 'POST',
    body,
  })

const readLeases = (response: Response): Promise<void> =>
  response.json().then(({ numbers }) => {
    if (numbers && agreesTo(ASKING)) {
      hasLeases = true
      showNumbers(numbers)
    }
  })
