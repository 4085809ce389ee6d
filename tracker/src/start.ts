import { watchClicks } from './clicks.ts'
import { watchForms } from './forms.ts'
import { guard } from './guard.ts'
import { showKnownNumbers } from './numbers.ts'
import { watchPages } from './pages.ts'
import { startSending } from './send.ts'

/** What waits for consent: everything but the calls of the page and the stamp in its address. */
export function start(): void {
  startSending()
  if (with_calls) guard(showKnownNumbers)()
  if (with_forms) watchForms()
  watchClicks()
  watchPages()
}
