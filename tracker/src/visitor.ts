import { idIn, keep, kept, LONGEST_S, readId, writeCookie } from './storage.ts'

const DAY_MS = 86_400_000

let id = ''

/** This browser's id, the same on every page and subdomain for as long as the browser keeps it. */
export function visitor(): string {
  id = readId('tl_visitor') || id || newId()
  return id
}

/** An id for a browser that has none of its own. */
export function adoptVisitor(brought: string): void {
  id = brought
}

/**
 * Writes the id down, once a day, or when its cookie is gone; the cookie's domain is returned, for the service to set it
 * once more. Safari drops within a week what a script wrote last, and so a page must not write over what an answer has set.
 */
export function renewal(): string | undefined {
  const mark = `${visitor()};${(Date.now() / DAY_MS) | 0}`
  if (kept().tl_visitor === mark && idIn('tl_visitor')) return
  keep('tl_visitor', mark)
  return writeCookie('tl_visitor', id, LONGEST_S)
}

/** Some 53 random bits, and the time: two alike would have to be made in the same millisecond. No secret. */
export const newId = (): string => `${Math.random()}${Date.now()}`.slice(2)
