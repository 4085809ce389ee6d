import { isVisible, on } from './guard.ts'
import { track } from './send.ts'

// A laptop that slept with the page open was not looked at all night.
const GAP_MS_MAX = 60_000

let engaged_ms = 0
let since_ms = 0
let depth = 0
let hasLeft = true

export function watchEngagement(): void {
  on(window, 'focus blur', tick)
  on(document, 'scroll', measureDepth)
}

/** A page begins to be read. */
export function enterPage(): void {
  tick()
  engaged_ms = depth = 0
  hasLeft = false
}

/** What was read since the last call, of the page at `url`. A page can be left many times: the parts add up. */
export function leavePage(url: string, isHidden: boolean): void {
  tick()
  if (hasLeft && !engaged_ms) return
  hasLeft = true
  measureDepth()
  track('leave', { url, engaged_ms, scroll_percent: depth }, false, isHidden)
  engaged_ms = 0
}

/** Counts only while the page is visible and has the focus. Call it at least once a minute. */
export function tick(): void {
  const now = Date.now()
  if (since_ms) engaged_ms += Math.min(now - since_ms, GAP_MS_MAX)
  since_ms = isVisible() && document.hasFocus() ? now : 0
}

function measureDepth(): void {
  const { scrollHeight } = document.documentElement
  depth = Math.max(depth, Math.min(100, (((scrollY + innerHeight) / scrollHeight) * 100) | 0))
}
