import { openApi } from './api.ts'
import { watchClicks } from './clicks.ts'
import { findEndpoint } from './endpoint.ts'
import { watchForms } from './forms.ts'
import { guard } from './guard.ts'
import { linkDomains } from './linker.ts'
import { showKnownNumbers } from './numbers.ts'
import { watchPages } from './pages.ts'
import { startSending } from './send.ts'

guard(() => {
  // Found now: a script knows its own tag only while it is read, and consent may be long in coming.
  const endpoint = findEndpoint()
  // At once too: consent may come when a stamp has run out.
  if (with_linker) guard(linkDomains)()
  const open = (): void => openApi(() => start(endpoint))
  // `tl_debug` and `tl_test`: the aids have to be there before anything happens. They read the flags themselves.
  if (/[?&]tl_[dt]/.test(location.search)) {
    document.head.append(
      Object.assign(document.createElement('script'), {
        src: `${endpoint}../t/${tl_settings.site}.aids.js`,
        onload: open,
        onerror: open,
      }),
    )
  } else open()
})()

function start(endpoint: string): void {
  startSending(endpoint)
  const isKnown = with_calls && guard(showKnownNumbers)()
  if (with_forms) watchForms()
  watchClicks()
  watchPages(!isKnown)
}
