import { guard, on } from './guard.ts'
import { adoptSession, session } from './session.ts'
import { agreesTo, KEEPING } from './storage.ts'
import { adoptVisitor, visitor } from './visitor.ts'

const LIFE_MS = 120_000
// What begins a query goes with it, unless a redirect has put more behind. A time of any other length would pass for now.
const STAMP = /(?:[?#](?!.*\w&))?&tl=(\w{1,128})\.([\w-]{1,128})\.(\d{13})/

/** Goes on with the visit that began on another domain, and lets links and forms to the others carry it on. */
export function linkDomains(): void {
  on('click auxclick submit', (event) => {
    // The right button opens a menu: a stamp would run out in whatever is copied from it.
    if ((event as MouseEvent).button !== 2)
      for (const name of ['href', 'action', 'formaction'])
        (event.composedPath() as Element[]).map(guard((node) => stamp(node, name)))
  })
  const [brought, visitor, session, time] = location.href.match(STAMP) as unknown as [string, string, string, number]
  // Off the address, good or not: an address that is passed on must not make two people one.
  history.replaceState(history.state, '', location.href.replace(brought, ''))
  // Of either sign: another browser may be ahead as well.
  if (((Date.now() - time) / LIFE_MS) | 0) return
  // A visitor who is known here stays one: the session that names both tells that they are the same.
  adoptVisitor(visitor)
  adoptSession(session)
}

/** For `guard`: what has no address ends in an error. */
function stamp(node: Element, name: string): void {
  const url = new URL((node.getAttribute(name) as string).replace(STAMP, ''), document.baseURI)
  if (`.${location.hostname}>.${url.hostname}`.match(tl_settings.linked as string) && agreesTo(KEEPING)) {
    // Behind the #, where it outlives redirects and the query that a form makes anew, and no server writes it down.
    url[url.hash ? 'search' : 'hash'] += `&tl=${visitor()}.${session()}.${Date.now()}`
    node.setAttribute(name, url.href)
  }
}
