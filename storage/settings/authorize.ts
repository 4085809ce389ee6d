import { timingSafeEqual } from 'node:crypto'
import type { Access } from '#shell/access.ts'
import type { Clock } from '#shell/clock.ts'
import type { Token } from './documents.ts'
import { hashSecret } from './secrets.ts'
import type { Settings } from './settings.ts'

export interface AuthorizeOptions {
  settings: Settings
  /** A secret from the environment that may do everything. */
  admin_token?: string
  now: Clock
}

/** How the admin token of the environment is called in the audit log; no document can have this id. */
export const environmentToken = '(environment)'

/** Tells what the sender of an Authorization header may do: nothing at all, when the token is unknown or has expired. */
export function createAuthorize({
  settings,
  admin_token,
  now,
}: AuthorizeOptions): (authorization: string | undefined) => Access | undefined {
  const admin_hash = admin_token === undefined ? undefined : hashSecret(admin_token)
  let byHash = readTokens(settings)
  settings.onChange((changed) => {
    if (changed.some(({ kind }) => kind === 'token')) byHash = readTokens(settings)
  })
  return (authorization) => {
    const secret = /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1]
    if (secret === undefined) return undefined
    const hash = hashSecret(secret)
    if (admin_hash !== undefined && isEqual(hash, admin_hash)) {
      return { token: environmentToken, allows: () => true, reaches: () => true }
    }
    const token = byHash.get(hash)
    if (!token || !isEqual(hash, token.secret_hash) || hasExpired(token, now())) return undefined
    return accessOf(token)
  }
}

/** A token as callers may see it. */
export function publicToken({ secret_hash: _, ...token }: Token): Omit<Token, 'secret_hash'> {
  return token
}

function accessOf({ id, scopes, sites }: Token): Access {
  const isAdmin = scopes.includes('admin')
  return {
    token: id,
    allows: (scope) => isAdmin || scopes.includes(scope),
    reaches: (site) => sites === undefined || sites.includes(site),
  }
}

function readTokens(settings: Settings): Map<string, Token> {
  return new Map(settings.list('token').map(({ document }) => [document.secret_hash, document]))
}

function hasExpired({ expires_at }: Token, now_ms: number): boolean {
  return expires_at !== undefined && Date.parse(expires_at) <= now_ms
}

function isEqual(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
