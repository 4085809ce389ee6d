import { campaignOf } from './campaign.ts'
import { address } from './landed.ts'
import { readId, writeCookie } from './storage.ts'
import { newId } from './visitor.ts'

const LIFE_S = 1800
// With the random part before it, of up to 35, and the piece's number that the service may put behind, still an id.
const MARK_CHARS_MAX = 80

export let id = ''
export let seen_ms = 0

/** The current session. Tabs agree because the cookie decides, and ends because the browser forgets it. */
export function session(): string {
  touchSession()
  return id
}

/**
 * Keeps the session alive; true when a new one had to be opened. Tags count only when the page is `arriving`:
 * two tabs open on two campaigns would otherwise take the session from each other at every sign of life.
 */
export function touchSession(arriving?: boolean): boolean {
  // The end tells most: that is where click ids stand, of which each is another.
  const mark = `-${campaignOf(address()).slice(-MARK_CHARS_MAX)}`
  const current = readId('tl_session') || (isAlive() && id)
  // The campaign's mark is the tail of the id, so that it needs no storage of its own.
  const isOver = !current || (arriving && mark[1] && !current.endsWith(mark))
  adoptSession(isOver ? newId() + mark : current)
  return isOver as boolean
}

/** This is the session from now on. */
export function adoptSession(session: string): void {
  id = session
  seen_ms = Date.now()
  writeCookie('tl_session', id, LIFE_S)
}

export const isAlive = (): boolean => Date.now() - seen_ms < LIFE_S * 1000
