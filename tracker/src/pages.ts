import { campaignOf } from './campaign.ts'
import { guard, on } from './guard.ts'
import { address, forgetLanded, isOld } from './landed.ts'
import { numberFor } from './leases.ts'
import { dropUnsent, keepUnsettled, renewLeases, track } from './send.ts'
import { adoptSession, id, isAlive, seen_ms, touchSession } from './session.ts'
import { ASKING, agreesTo } from './storage.ts'
import { adoptVisitor } from './visitor.ts'

// Long enough for a router's own redirects to end, short enough for nobody to notice.
const SETTLE_MS = 50
const LOOK_MS = 1000
// A laptop that slept with the page open was not looked at all night.
const GAP_MS_MAX = 60_000
const PULSE_MS = 44_000
// Someone who reads the number aloud into a phone does not touch the mouse for a while.
const PATIENCE_MS = 300_000

/** The page that was counted last; `counted_as` is empty when whatever is on show is to be counted once more. */
let counted_url = ''
let counted_as = ''
let referrer = document.referrer
/** When the page on show has settled; 0 when there is no other than the one counted. */
let due_ms = 0

let engaged_ms = 0
let since_ms = 0
let scrolled_px = 0

let pulsed_ms = Date.now()
let active_ms = pulsed_ms
let isLeaseShort: boolean

/**
 * Counts pages: the one that was loaded, the ones a router shows, the ones that come back through the back button; tells
 * how they were read; and keeps session and leases alive while somebody is there.
 */
export function watchPages(): void {
  if (with_calls) isLeaseShort = !numberFor()
  // Whether the window has the focus is seen each second, soon enough. Safari before 14.1 hides no page that is left by a link: only `pagehide` tells.
  on('scroll pointermove pointerdown keydown visibilitychange pagehide', look)
  // Hears every router, and leaves history as the page made it: a wrapper of ours would miss those that took hold of
  // `pushState` before we came (Astro). Safari before 26.2 and Firefox before 147 have none of this: there each look finds it.
  on('currententrychange', look, (window as { navigation?: EventTarget }).navigation)
  setInterval(look, LOOK_MS)
  look()
}

/** Counts the page on show as one more, once it has settled and is looked at. */
export function countPage(): void {
  counted_as = ''
  look()
}

/** After a no nobody is here. With a yes the page on show is the first one of somebody new. */
export function forgetVisit(): void {
  adoptVisitor('')
  adoptSession('')
  counted_as = counted_url = ''
  referrer = document.referrer
}

/** Whatever happens to a page ends here; an event is a sign that somebody is there. */
const look = guard(({ type, bubbles }: Partial<Event> = {}) => {
  // Of a no that was said in another tab this one hears here.
  if (!agreesTo(ASKING)) {
    if (with_calls) dropUnsent()
    return
  }
  const now = Date.now()
  const isGone = type === 'pagehide'
  // A form or a picture of the name «hidden» would stand in its place, and is not `true`.
  const isHidden = isGone || document.hidden === true

  if (since_ms) engaged_ms += Math.min(now - since_ms, GAP_MS_MAX)
  since_ms = !isHidden && document.hasFocus() ? now : 0
  // A list in the page that scrolls by itself is nobody; its event does not bubble.
  if (with_calls && bubbles) {
    active_ms = now
    // A first lease is short: a sign of life has it confirmed at once.
    if (isLeaseShort) pulsed_ms = 0
    isLeaseShort = false
  }
  // Hidden is the last moment a phone promises: what comes after it may never run.
  if (due_ms && (isHidden || now >= due_ms)) countSettled()
  // What was read until now belongs to the session of then, and to when that was last alive.
  const reading: Record<string, unknown> = {
    session: id,
    at: isAlive() ? now : seen_ms,
    url: counted_url,
    engaged_ms,
  }
  const isSomebodyHere = with_calls ? now - active_ms < PATIENCE_MS : bubbles
  if (isSomebodyHere && counted_url && !isHidden && now - pulsed_ms > PULSE_MS) {
    pulsed_ms = now
    pulse()
  }

  // In a chain of redirects only the first step leaves a page that somebody has seen.
  const isLeft = isHidden || !(due_ms || counted_as.startsWith(markOf()))
  // Routers scroll to the top when they are ready: before that, where the page stands is not where it was read.
  if ((isLeft || type === 'scroll') && scrolled_px < scrollY) scrolled_px = scrollY
  if (isLeft) {
    // A page can be left many times: the parts add up.
    if (engaged_ms >= SETTLE_MS && counted_url) {
      // More than all of it where a page bounces, or is shorter than its window: the service knows.
      reading.scroll_percent = ((scrolled_px + innerHeight) / document.documentElement.scrollHeight) * 100
      track('leave', reading, isHidden)
    }
    engaged_ms = 0
    if (isHidden) keepUnsettled()
    // A prerendered page or a tab in the background waits until somebody looks.
    else {
      due_ms = now + SETTLE_MS
      setTimeout(look, SETTLE_MS)
    }
  }
  // Through the back button it comes back as one page more.
  if (isGone) counted_as = ''
})

/** The page on show has settled, and is looked at. */
function countSettled(): void {
  due_ms = 0
  // Tags that stay in the address arrive once: a router may keep only some of those that the session began with.
  if (touchSession(!isOld && campaignOf(address()) !== campaignOf(counted_url)) && counted_url) referrer = ''
  // Written so, because a form or a picture of the name «referrer» or «title» stands in the place of these.
  track('page', { referrer: (referrer as { trim?: unknown }).trim ? referrer : '', title: `${document.title}` })
  forgetLanded()
  referrer = counted_url = location.href
  counted_as = markOf()
  engaged_ms = SETTLE_MS
  scrolled_px = 0
}

/** Keeps session and leases alive. */
function pulse(): void {
  // After half an hour of silence a new session begins, and that begins with a page.
  if (touchSession()) counted_as = referrer = ''
  else if (with_calls) renewLeases()
}

/**
 * Routers rewrite queries and scroll marks all the time: only another path, or another campaign, is another page. A mark
 * without a campaign begins the marks of all campaigns.
 */
function markOf(): string {
  const path = with_hash ? location.href.replace(/\?[^#]*/g, '') : location.pathname
  return path + ' ' + campaignOf(address())
}
