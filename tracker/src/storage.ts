import { guard } from './guard.ts'

// The longest that Chrome allows.
export const LONGEST_S = 34_560_000

let domain: string | undefined
let memory: Record<string, string> = {}

/** How far a visitor's word reaches (the numbers are explained in settings.ts): to anything but a no … */
export const ASKING = 0
/** … to gathering facts … */
export const STARTING = 0.1
/** … and to cookies and localStorage; without them everything is remembered for as long as the page lives. */
export const KEEPING = 0.5

/**
 * Whether the visitor agrees to this; before a word of theirs, whether the site assumes it. Asked each time, and the cookie
 * goes first: it may have been said in another tab.
 */
export const agreesTo = (least: number): boolean => ((idIn('tl_consent') || tl_settings.consent) as number) > least

/**
 * Remembers what the visitor said. Of a no that alone stays, and nothing else is left behind. Only `true` is a yes: banners
 * have words of their own for a no, and objects.
 */
export const decide = guard((isGiven: unknown) => {
  // Where cookies are refused, an answer holds for as long as the page lives.
  // biome-ignore lint/suspicious/noAssignInExpressions: a line of its own is three bytes more.
  setCookie('tl_consent', (tl_settings.consent = +(isGiven === true)), LONGEST_S)
  if (tl_settings.consent) return
  setCookie('tl_visitor')
  setCookie('tl_session')
  memory = {}
  Object.keys(localStorage).map((key) => /^tl_[vnu]/.test(key) && delete localStorage[key])
})

/** An id in a cookie, or in the mirror of that cookie in localStorage. */
export const readId = (name: string, mirror?: string): string | undefined => {
  if (agreesTo(KEEPING)) return idIn(name, kept()[name] || mirror)
  return
}

/** Writes for the widest domain that takes it, so that subdomains share one visitor; the domain is returned. */
export const writeCookie = guard((name: string, value: string, seconds: number) => {
  if (agreesTo(KEEPING)) return setCookie(name, value, seconds)
  return
})

/** What is kept for the next page; where nothing can be stored, for as long as this one lives. */
export let kept = (): Record<string, string> =>
  // Looking at localStorage throws where cookies are blocked, and in some apps it is null.
  (agreesTo(KEEPING) && guard(() => localStorage)()) || memory

/** Writing throws when storage is full. What was to be written then stays with the page, and so does all after it. */
export function keep(key: string, value: string): void {
  if (guard(() => (kept()[key] = value))()) return
  kept = () => memory
  memory[key] = value
}

/**
 * An id in a cookie. Only what an id may be: a spoiled one would have every event refused, for ever. Metrica's mirror has
 * quotes around it. For `guard`: where there is none, and in a sandboxed frame, where cookies throw.
 */
export const idIn = guard(
  (name: string, mirror = ''): string | undefined =>
    (`; ${document.cookie}; ${name}=${mirror};`.match(`; ${name}="?([\\w.:-]{1,128})[$";]`) as string[])[1],
)

/** Without a value, and a time to live, it is deleted. */
function setCookie(name: string, value?: string | number, seconds?: number): string {
  // Found by trial, from the widest on: only the browser knows which domains are public suffixes, and a list would be
  // bigger than this file.
  if (domain === undefined) {
    location.hostname
      .split('.')
      .reverse()
      .some((label) => {
        domain = domain ? label + '.' + domain : label
        setCookie('tl_try', 1, 9)
        return idIn('tl_try')
      })
    setCookie('tl_try')
  }
  // Not `secure`: no secret is in it, and on a site that is half HTTP it would make two visitors of one.
  document.cookie = `${name}=${value};path=/;max-age=${(seconds as number) | 0};domain=${domain};samesite=lax`
  return domain as string
}
