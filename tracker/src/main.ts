import { openApi } from './api.ts'
import { endpoint, findEndpoint, script } from './endpoint.ts'
import { guard } from './guard.ts'
import { linkDomains } from './linker.ts'

guard(() => {
  // Found now: a script knows its own tag only while it is read, and consent may be long in coming.
  findEndpoint()
  // At once too: consent may come when a stamp has run out.
  if (with_linker) guard(linkDomains)()
  // `tl_debug` and `tl_test`: the aids have to be there before anything happens. They read the flags themselves.
  if (/[?&]tl_[dt]/.test(location.href)) {
    script.after(
      Object.assign(document.createElement('script'), {
        src: `${endpoint}../t/${tl_settings.site}.aids.js`,
        onload: openApi,
        onerror: openApi,
      }),
    )
  } else openApi()
})()
