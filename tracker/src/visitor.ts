import { keep, readCookie, recallId, writeCookie } from './storage.ts'

let id = ''

/** This browser's id, the same on every page and subdomain for as long as the browser keeps it. */
export function visitor(): string {
  if (!id) {
    id = readCookie('tl_visitor') || recallId('tl_visitor') || newId()
    // Written at every load: the 400 days that Chrome allows begin anew.
    writeCookie('tl_visitor', id, 34_560_000)
    keep('tl_visitor', id)
  }
  return id
}

/** 80 random bits. Not randomUUID: that one is missing on plain HTTP and in Safari before 15.4. */
export function newId(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => (byte % 36).toString(36)).join('')
}
