import { campaignOf } from './campaign.ts'
import { enterPage, leavePage, tick } from './engagement.ts'
import { guard, isVisible, on } from './guard.ts'
import { keepUnsettled, track } from './send.ts'
import { lastSession, touchSession } from './session.ts'
import { settings } from './settings.ts'

// Long enough for a router's own redirects to end, short enough for nobody to notice.
const SETTLE_MS = 50

let counted_url = ''
let counted_session = ''
let isDue = false
let timer = 0

/** Counts pages: the one that was loaded, the ones a router shows, the ones that come back through the back button. */
export function watchPages(): void {
  on(window, 'pageshow', (event) => {
    if ((event as PageTransitionEvent).persisted) expectPage()
  })
  on(document, 'visibilitychange', () => {
    if (isVisible()) comeBack()
    else goAway()
  })
  // Safari before 14.1 hides no page that is left by a link.
  on(window, 'pagehide', goAway)
  // Hears every router, and leaves history as the page made it: a wrapper of ours would miss those that took hold of
  // `pushState` before we came (Astro). Safari before 26.2 and Firefox before 147 have none of this: there each tick looks.
  const { navigation } = window as { navigation?: EventTarget }
  on(navigation || window, 'currententrychange popstate', moved)
  schedule()
}

/** Counts the page on show as one more, once it has settled and is looked at. */
export function countPage(): void {
  leavePage(counted_url)
  expectPage()
}

/** A sign of life; after half an hour of silence it begins a new session, and that begins with a page. */
export function signOfLife(): boolean {
  // What was read until then belongs to the session of then.
  const last = lastSession()
  const isNew = touchSession(false)
  if (isNew) {
    leavePage(counted_url, false, last)
    expectPage()
  }
  return !isNew
}

function expectPage(): void {
  isDue = true
  schedule()
}

function schedule(): void {
  clearTimeout(timer)
  // A prerendered page or a tab in the background waits until somebody looks.
  timer = isVisible() ? setTimeout(guard(settle), SETTLE_MS) : 0
}

/** To be called when the address may have changed. */
export function moved(): void {
  if (!isNewPage()) return
  // In a chain of redirects only the first step leaves a page that somebody has seen.
  if (!timer) leavePage(counted_url)
  schedule()
}

function settle(): void {
  timer = 0
  if (!isDue && !isNewPage()) return
  isDue = false
  touchSession(counted_url !== location.href)
  // Asked for once: each look at the session is a cookie read and one written.
  const { session } = lastSession()
  const isOther = counted_url && session !== counted_session
  const referrer = isOther ? '' : counted_url || document.referrer
  counted_session = session
  counted_url = location.href
  enterPage()
  // Written so, because a form of the name «title» stands in the title's place.
  track('page', { referrer, title: `${document.title}`.slice(0, 999), session }, with_calls)
}

/** Routers rewrite queries and scroll marks all the time: only another path, or another campaign, is another page. */
function isNewPage(): boolean {
  const campaign = campaignOf(location.search)
  return pathOf(counted_url) !== pathOf(location.href) || (!!campaign && !counted_session.endsWith(campaign))
}

function pathOf(url: string): string {
  return url.replace(settings.hash_routes ? /\?[^#]*/g : /[?#].*/, '')
}

function comeBack(): void {
  signOfLife()
  schedule()
  tick()
}

/** The last moment a phone promises: what comes after it may never run. */
function goAway(): void {
  if (timer) settle()
  leavePage(counted_url, true)
  keepUnsettled()
}
