import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createAuthorize, publicToken } from './authorize.ts'
import type { Documents, Token } from './documents.ts'
import { hashSecret, mintSecret } from './secrets.ts'
import type { Settings } from './settings.ts'

const NOW = Date.parse('2026-11-21T10:00:00Z')

/** Settings of tokens alone, and a way to change them. */
function tokensOf(...tokens: Token[]) {
  let current = tokens
  const listeners: Parameters<Settings['onChange']>[0][] = []
  const settings = {
    get: () => undefined,
    list: (kind: keyof Documents) =>
      kind === 'token' ? current.map((document) => ({ version: 1, changed_at_ms: 0, document })) : [],
    onChange(listener: Parameters<Settings['onChange']>[0]) {
      listeners.push(listener)
      return () => {}
    },
    // The fake answers for tokens alone; the cast says that nobody asks it for another kind.
  } as unknown as Settings
  return {
    settings,
    change(...next: Token[]) {
      current = next
      for (const listener of listeners) listener([{ kind: 'token', id: 'any' }])
    },
  }
}

const secret = mintSecret()
const token: Token = { id: 'crm', name: 'CRM', scopes: ['ingest'], secret_hash: hashSecret(secret) }

function authorizeWith(...tokens: Token[]) {
  return createAuthorize({ ...tokensOf(...tokens), now: () => NOW, admin_token: 'the-admin-of-the-environment' })
}

describe('a secret', () => {
  test('is tl_ and 43 digits of base 62, another each time', () => {
    const secrets = Array.from({ length: 200 }, mintSecret)
    for (const one of secrets) expect(one).toMatch(/^tl_[0-9A-Za-z]{43}$/)
    expect(new Set(secrets).size).toBe(200)
  })

  test('cannot be read from its hash, and always has the same', () => {
    expect(hashSecret(secret)).toMatch(/^[0-9a-f]{64}$/)
    expect(hashSecret(secret)).toBe(hashSecret(secret))
    expect(publicToken(token)).toEqual({ id: 'crm', name: 'CRM', scopes: ['ingest'] })
  })
})

describe('a token', () => {
  test.each([
    ['as it was given', `Bearer ${secret}`],
    ['with the scheme in small letters', `bearer ${secret}`],
  ])('is known %s', (_, header) => {
    expect(authorizeWith(token)(header)?.token).toBe('crm')
  })

  test.each([
    ['no header', undefined],
    ['an empty header', ''],
    ['another scheme', `Basic ${secret}`],
    ['no scheme', secret],
    ['more than a token', `Bearer ${secret} x`],
    ['its hash', `Bearer ${token.secret_hash}`],
    ['its id', 'Bearer crm'],
  ])('is not known from %s', (_, header) => {
    expect(authorizeWith(token)(header)).toBeUndefined()
  })

  test('is not known by anything but its secret', () => {
    const authorize = authorizeWith(token)
    fc.assert(fc.property(fc.string(), (text) => authorize(`Bearer ${text}`) === undefined))
  })

  test.each([
    ['2026-11-21T10:00:00.001Z', 'crm'],
    ['2026-11-21T10:00:00Z', undefined],
    ['2026-11-21T12:59:59+03:00', undefined],
  ])('that expires at %s is worth %s', (expires_at, expected) => {
    expect(authorizeWith({ ...token, expires_at })(`Bearer ${secret}`)?.token).toBe(expected)
  })

  test('may do what its scopes say', () => {
    const access = authorizeWith({ ...token, scopes: ['ingest', 'personal'] })(`Bearer ${secret}`)
    expect(access?.allows('ingest')).toBe(true)
    expect(access?.allows('personal')).toBe(true)
    expect(access?.allows('reports')).toBe(false)
    expect(access?.allows('admin')).toBe(false)
  })

  test('of scope admin may do everything', () => {
    const access = authorizeWith({ ...token, scopes: ['admin'] })(`Bearer ${secret}`)
    for (const scope of ['ingest', 'reports', 'personal', 'admin'] as const) expect(access?.allows(scope)).toBe(true)
  })

  test.each([
    ['no sites', undefined, true],
    ['this site', ['shop', 'estate'], true],
    ['other sites', ['estate'], false],
    ['an empty list of sites', [], false],
  ])('that names %s reaches the site: %s %s', (_, sites, reaches) => {
    const access = authorizeWith({ ...token, ...(sites && { sites }) })(`Bearer ${secret}`)
    expect(access?.reaches('shop')).toBe(reaches)
  })

  test('is in force, or no longer, as soon as settings have changed', () => {
    const { settings, change } = tokensOf()
    const authorize = createAuthorize({ settings, now: () => NOW })
    expect(authorize(`Bearer ${secret}`)).toBeUndefined()
    change(token)
    expect(authorize(`Bearer ${secret}`)?.token).toBe('crm')
    change()
    expect(authorize(`Bearer ${secret}`)).toBeUndefined()
  })

  test('of the environment may do everything everywhere', () => {
    const access = authorizeWith(token)('Bearer the-admin-of-the-environment')
    expect(access?.allows('admin')).toBe(true)
    expect(access?.reaches('shop')).toBe(true)
    expect(access?.token).toBe('(environment)')
    expect(createAuthorize({ ...tokensOf(), now: () => NOW })('Bearer the-admin-of-the-environment')).toBeUndefined()
  })
})
