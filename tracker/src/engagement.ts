import { isVisible, on } from './guard.ts'
import { track } from './send.ts'
import { lastSession } from './session.ts'

// A laptop that slept with the page open was not looked at all night.
const GAP_MS_MAX = 60_000

let engaged_ms = 0
let since_ms = 0
let depth = 0
let hasLeft = true
/** The page, or what is scrolled in its place. */
let scroller: Element | undefined

export function watchEngagement(): void {
  on(window, 'focus blur', tick)
  on(document, 'scroll', ({ target }) => {
    if ((target as Element).clientHeight > innerHeight / 2) scroller = target as Element
    measureDepth()
  })
}

/** A page begins to be read. */
export function enterPage(): void {
  tick()
  engaged_ms = depth = 0
  // In quirks mode it is the body.
  scroller = document.scrollingElement || document.documentElement
  hasLeft = false
}

/**
 * Tells what was read since the last call of the page at `url`, as a part of the session `last`. A page can be left many
 * times: the parts add up.
 */
export function leavePage(url: string, isEnd?: boolean, last = lastSession()): void {
  tick()
  // Some browsers hide the page before they unload it, some after: one end must not become two.
  if (isEnd) since_ms = 0
  if (!url || (hasLeft && !engaged_ms)) return
  hasLeft = true
  measureDepth()
  track('leave', { url, engaged_ms, scroll_percent: depth, session: last.session, at: last.at }, false, isEnd)
  engaged_ms = 0
}

/** Counts only while the page is visible and has the focus. Call it at least once a minute. */
export function tick(): void {
  const now = Date.now()
  if (since_ms) engaged_ms += Math.min(now - since_ms, GAP_MS_MAX)
  since_ms = isVisible() && document.hasFocus() ? now : 0
}

function measureDepth(): void {
  if (scroller)
    depth = Math.max(depth, Math.min(100, (((scroller.scrollTop + innerHeight) / scroller.scrollHeight) * 100) | 0))
}
