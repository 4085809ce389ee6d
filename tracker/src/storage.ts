import { guard } from './guard.ts'
import { settings } from './settings.ts'

// Without cookies everything is remembered for as long as the page lives, and no longer.
let allowed = settings.consent !== 'cookieless'
let domain: string | undefined

/** Says whether cookies and localStorage may be used from here on. */
export function allowStorage(isAllowed: boolean): void {
  allowed = isAllowed
}

/** Nothing also when cookies are refused: reading them throws in a sandboxed frame. */
export const readCookie = guard((name: string) => readId(document.cookie, name))

// Only characters of an id: a spoiled one would have every event refused, for ever.
const readId = (cookies: string, name: string): string | undefined => {
  const found = allowed && cookies.match(`(?:^|; )${name}=([\\w.:-]{1,128})(?:;|$)`)
  return found ? found[1] : undefined
}

/** Writes for the widest domain that takes it, so that subdomains share one visitor. */
export const writeCookie = guard((name: string, value: string, seconds: number) => {
  if (!allowed) return
  if (domain === undefined) domain = widestDomain()
  setCookie(name, value, seconds, domain)
})

/** localStorage; reading it throws where cookies are blocked, writing it when it is full. */
export const recall = guard((key: string) => allowed && localStorage.getItem(key))

/** An id that was kept there; nothing when it is none. */
export const recallId = (name: string): string | undefined => readId(`${name}=${recall(name) || ''}`, name)

export const keep = guard((key: string, value: string) => {
  if (!allowed) return
  if (value) localStorage.setItem(key, value)
  else localStorage.removeItem(key)
})

/** Consent was taken back: nothing is left behind. */
export const forgetAll = guard(() => {
  for (const name of ['tl_visitor', 'tl_session']) writeCookie(name, '', 0)
  for (const key of keysOf('tl_')) keep(key, '')
})

/** Throws where localStorage may not be looked at. */
export const keysOf = (prefix: string): string[] =>
  Object.keys(allowed ? localStorage : {}).filter((key) => key.startsWith(prefix))

/** Found by trial: only the browser knows which domains are public suffixes, and a list would be bigger than this file. */
function widestDomain(): string {
  let host = ''
  for (const label of location.hostname.split('.').reverse()) {
    host = label + (host && `.${host}`)
    setCookie('tl_try', '1', 9, host)
    if (readCookie('tl_try')) {
      setCookie('tl_try', '', 0, host)
      return host
    }
  }
  return ''
}

function setCookie(name: string, value: string, seconds: number, host: string): void {
  // Not `secure`: no secret is in it, and on a site that is half HTTP it would make two visitors of one.
  document.cookie = `${name}=${value};path=/;max-age=${seconds};samesite=lax;domain=${host}`
}
