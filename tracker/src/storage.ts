import { guard } from './guard.ts'

// The longest that Chrome allows.
export const LONGEST_S = 34_560_000

let domain: string | undefined

/**
 * What the visitor said; before that, what the site assumes (the numbers are explained in settings.ts). Asked each time, and
 * the cookie goes first: it may have been said in another tab.
 */
const agreesTo = (least: number): boolean => ((idIn('tl_consent') || tl_settings.consent) as number) > least

/** False after a no. */
export const mayAsk = (): boolean => agreesTo(0)

/** Whether facts may be gathered. */
export const mayStart = (): boolean => agreesTo(0.1)

/** Whether cookies and localStorage may be used; without them everything is remembered for as long as the page lives. */
export const mayKeep = (): boolean => agreesTo(0.5)

/** Remembers what the visitor said. Of a no that alone stays, and nothing else is left behind. */
export const decide = guard((isGiven: boolean) => {
  // Where cookies are refused, an answer holds for as long as the page lives.
  tl_settings.consent = +isGiven
  setCookie('tl_consent', `${+isGiven}`, LONGEST_S)
  if (isGiven) return
  for (const name of ['tl_visitor', 'tl_session']) setCookie(name, '', 0)
  for (const key in localStorage) if (/^tl_[vnu]/.test(key)) delete localStorage[key]
})

/** An id in a cookie, or in the mirror of that cookie in localStorage. */
export const readId = (name: string): string | undefined => (mayKeep() ? idIn(name, recall(name)) : undefined)

/** Writes for the widest domain that takes it, so that subdomains share one visitor; the domain is returned. */
export const writeCookie = guard((name: string, value: string, seconds: number) =>
  mayKeep() ? setCookie(name, value, seconds) : undefined,
)

export const recall = guard((key: string): string | undefined => store()[key])

export const keep = guard((key: string, value: string) => {
  store()[key] = value
})

/** localStorage, where it may be used. Looking at it throws where cookies are blocked, writing when it is full. */
const store = (): Record<string, string> => (mayKeep() ? localStorage : {})

// Only characters of an id: a spoiled one would have every event refused, for ever. Metrica's mirror has quotes around it.
// In a sandboxed frame cookies throw.
const idIn = guard(
  (name: string, mirror?: string): string | undefined =>
    (`${document.cookie}; ${name}=${mirror || ''}`.match(`(?:^|; )${name}="?([\\w.:-]{1,128})(?:[";]|$)`) || [])[1],
)

function setCookie(name: string, value: string, seconds: number): string {
  // Found by trial, from the widest on: only the browser knows which domains are public suffixes, and a list would be
  // bigger than this file.
  if (domain === undefined) {
    location.hostname
      .split('.')
      .reverse()
      .some((label) => {
        domain = label + (domain ? `.${domain}` : '')
        setCookie('tl_try', '1', 9)
        return idIn('tl_try')
      })
    setCookie('tl_try', '', 0)
  }
  // Not `secure`: no secret is in it, and on a site that is half HTTP it would make two visitors of one.
  document.cookie = `${name}=${value};path=/;max-age=${seconds};samesite=lax;domain=${domain}`
  return domain as string
}
