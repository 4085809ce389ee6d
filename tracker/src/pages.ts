import { campaignOf } from './campaign.ts'
import { enterPage, leavePage, tick } from './engagement.ts'
import { guard, isVisible, on } from './guard.ts'
import { keepUnsettled, track } from './send.ts'
import { session, touchSession } from './session.ts'

// Long enough for a router's own redirects to end, short enough for nobody to notice.
const SETTLE_MS = 50

let counted_url = ''
let counted_path = ''
let counted_session = ''
let counted_campaign = ''
let isDue = true
let timer = 0

/** Counts pages: the one that was loaded, the ones a router shows, the ones that come back through the back button. */
export function watchPages(): void {
  for (const name of ['pushState', 'replaceState'] as const) {
    const original = history[name]
    history[name] = function (...args) {
      original.apply(this, args)
      moved()
    }
  }
  on(window, 'popstate', moved)
  on(window, 'pageshow', (event) => {
    if ((event as PageTransitionEvent).persisted) countPage()
  })
  on(document, 'visibilitychange', () => {
    if (isVisible()) comeBack()
    else goAway()
  })
  on(window, 'pagehide', keepUnsettled)
  countPage()
}

/** Counts the page on show, once it has settled and is looked at. */
export function countPage(): void {
  isDue = true
  schedule()
}

/** A sign of life; after half an hour of silence it begins a new session, and that begins with a page. */
export function signOfLife(): boolean {
  const isNew = touchSession(false)
  if (isNew) countPage()
  return !isNew
}

function schedule(): void {
  clearTimeout(timer)
  // A prerendered page or a tab in the background waits until somebody looks.
  timer = isVisible() ? setTimeout(guard(settle), SETTLE_MS) : 0
}

const moved = guard(() => {
  if (isNewPage()) leavePage(counted_url, false)
  schedule()
})

function settle(): void {
  timer = 0
  if (!isDue && !isNewPage()) return
  touchSession(counted_url !== location.href)
  const previous = session() === counted_session ? counted_url : ''
  const referrer = counted_url ? previous : document.referrer
  counted_session = session()
  counted_url = location.href
  counted_path = location.pathname
  counted_campaign = campaignOf(location.search)
  isDue = false
  enterPage()
  track('page', { referrer, title: document.title.slice(0, 999) }, with_calls)
}

/** Routers rewrite queries and scroll marks all the time: only another path, or another campaign, is another page. */
function isNewPage(): boolean {
  const campaign = campaignOf(location.search)
  return counted_path !== location.pathname || (!!campaign && campaign !== counted_campaign)
}

function comeBack(): void {
  if (isDue) schedule()
  else signOfLife()
  tick()
}

/** The last moment a phone promises: what comes after it may never run. */
function goAway(): void {
  if (timer) {
    clearTimeout(timer)
    settle()
  }
  if (counted_url) leavePage(counted_url, true)
  keepUnsettled()
}
