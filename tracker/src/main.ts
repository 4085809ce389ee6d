import { watchActivity } from './activity.ts'
import { openApi } from './api.ts'
import { watchClicks } from './clicks.ts'
import { findEndpoint } from './endpoint.ts'
import { watchEngagement } from './engagement.ts'
import { watchForms } from './forms.ts'
import { guard } from './guard.ts'
import { showKnownNumbers, showNumbers } from './numbers.ts'
import { watchPages } from './pages.ts'
import { startSending } from './send.ts'
import { settings } from './settings.ts'
import { readCookie } from './storage.ts'

guard(() => {
  // Found now: a script knows its own tag only while it is read, and consent may be long in coming.
  const endpoint = findEndpoint()
  // A visitor id is there only if consent was given on an earlier page.
  openApi(() => start(endpoint), settings.consent !== 'wait' || !!readCookie('tl_visitor'))
})()

function start(endpoint: string): void {
  startSending(endpoint, with_calls ? showNumbers : () => {})
  const isKnown = with_calls && guard(showKnownNumbers)()
  watchEngagement()
  if (with_forms) watchForms()
  watchClicks()
  watchPages()
  watchActivity(!isKnown)
}
