import { on } from './guard.ts'
import { track } from './send.ts'

/** Clicks on links to other hosts and to files; the server tells the kinds apart. The click goes its way untouched. */
export function watchClicks(): void {
  on('click', (event) => {
    // Looked for along the path: outside an open shadow root, `target` is only its host. A page's window may have one of
    // the two names too.
    const { protocol, hostname, pathname } = (event.composedPath() as HTMLAnchorElement[]).find(
      // Not `blob:`, `data:`, `javascript:`, nor an address that is none, nor a form with fields of these names.
      (node) => /^[^bdj].*:/.test(node.href && node.protocol),
    ) as HTMLAnchorElement
    if (hostname !== location.hostname || /\.(pdf|zip|(doc|xls)x?)$/i.test(pathname))
      // Without the query, where messengers keep the text, and without a name and password.
      track('click', { target: protocol + '//' + hostname + pathname })
  })
}
