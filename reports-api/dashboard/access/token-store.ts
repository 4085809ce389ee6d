import { useSyncExternalStore } from 'react'

const key = 'throughline.token'
const listeners = new Set<() => void>()

/** Why the sign-in page is shown again; kept so that the page can say it. */
export type SignOutReason = 'asked' | 'refused'

let reason: SignOutReason | undefined

/** The token of this browser; undefined when nobody is signed in. */
export function readToken(): string | undefined {
  return read(sessionStorage) ?? read(localStorage)
}

/** «Remember» keeps the token beyond the tab. */
export function keepToken(token: string, remember: boolean): void {
  forget()
  reason = undefined
  try {
    const store = remember ? localStorage : sessionStorage
    store.setItem(key, token)
  } catch {
    // Storage may be forbidden in this browser: the token then lives as long as the page.
    inMemory = token
  }
  notify()
}

export function dropToken(why: SignOutReason): void {
  if (readToken() === undefined) return
  forget()
  reason = why
  notify()
}

export function signOutReason(): SignOutReason | undefined {
  return reason
}

export function useToken(): string | undefined {
  return useSyncExternalStore(subscribe, readToken)
}

let inMemory: string | undefined

function read(store: Storage): string | undefined {
  try {
    return store.getItem(key) ?? inMemory
  } catch {
    return inMemory
  }
}

function forget(): void {
  inMemory = undefined
  try {
    sessionStorage.removeItem(key)
    localStorage.removeItem(key)
  } catch {
    // Nothing was stored where storage is forbidden.
  }
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  // Signing out in one tab signs out the others that share the remembered token.
  window.addEventListener('storage', listener)
  return () => {
    listeners.delete(listener)
    window.removeEventListener('storage', listener)
  }
}

function notify(): void {
  for (const listener of listeners) listener()
}
