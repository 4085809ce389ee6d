import { guard, on } from './guard.ts'
import { track } from './send.ts'
import { settings } from './settings.ts'

/** Clicks on links that lead to no page of the site; the server tells the kinds apart. The click goes its way untouched. */
export function watchClicks(): void {
  on(document, 'click auxclick', (event) => {
    // Looked for along the path: outside an open shadow root, `target` is only its host. Not all on it are elements.
    const link = event.composedPath().find(guard((node) => (node as Element).matches('a[href],area[href]'))) as Element
    // Not `link.href`: inside SVG that is an object.
    const { protocol, hostname, pathname } = new URL(link.getAttribute('href') as string, document.baseURI)
    // Without the query, where messengers keep the text, and without a name and password.
    const target = `${protocol}//${hostname}${pathname}`
    // The third button opens a menu.
    if ((event as MouseEvent).button < 2 && !target.match(settings.quiet)) track('click', { target })
  })
}
