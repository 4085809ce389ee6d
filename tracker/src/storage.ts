import { guard } from './guard.ts'
import { settings } from './settings.ts'

// The longest that Chrome allows.
export const LONGEST_S = 34_560_000

const { consent } = settings

// For a page whose cookies are refused: there an answer holds for as long as the page lives.
let told = ''
let domain: string | undefined

/**
 * Whether the visitor agrees; before they have said, as is `assumed`. Asked each time, and the cookie goes first: it may have
 * been said in another tab.
 */
export const agrees = (assumed: boolean): boolean => +(idIn('tl_consent') || told || assumed) > 0

/** Remembers what the visitor said. Of a no that alone stays, and nothing else is left behind. */
export const decide = guard((isGiven: boolean) => {
  told = `${+isGiven}`
  setCookie('tl_consent', told, LONGEST_S)
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
  if (value) store()[key] = value
  else delete store()[key]
})

/** Throws where localStorage may not be looked at. */
export const keysOf = (prefix: string): string[] => Object.keys(store()).filter((key) => key.startsWith(prefix))

/** Whether facts may be gathered. */
export const mayStart = (): boolean => agrees(consent !== 'wait')

/** Whether cookies and localStorage may be used; without them everything is remembered for as long as the page lives. */
export const mayKeep = (): boolean => agrees(consent === 'not_needed')

/** localStorage, where it may be used. Looking at it throws where cookies are blocked, writing when it is full. */
const store = (): Record<string, string> => (mayKeep() ? localStorage : {})

// Only characters of an id: a spoiled one would have every event refused, for ever. Metrica's mirror has quotes around it.
// In a sandboxed frame cookies throw.
const idIn = guard(
  (name: string, mirror?: string): string | undefined =>
    (`${document.cookie}; ${name}=${mirror || ''}`.match(`(?:^|; )${name}="?([\\w.:-]{1,128})(?:[";]|$)`) || [])[1],
)

function setCookie(name: string, value: string, seconds: number): string {
  if (domain === undefined) domain = widestDomain()
  put(name, value, seconds, domain)
  return domain
}

/** Found by trial: only the browser knows which domains are public suffixes, and a list would be bigger than this file. */
function widestDomain(): string {
  const labels = location.hostname.split('.')
  const takes = (host: string): boolean => {
    put('tl_try', '1', 9, host)
    const isTaken = !!idIn('tl_try')
    put('tl_try', '', 0, host)
    return isTaken
  }
  return labels.map((_, at) => labels.slice(-1 - at).join('.')).find(takes) || ''
}

function put(name: string, value: string, seconds: number, host: string): void {
  // Not `secure`: no secret is in it, and on a site that is half HTTP it would make two visitors of one.
  document.cookie = `${name}=${value};path=/;max-age=${seconds};samesite=lax;domain=${host}`
}
