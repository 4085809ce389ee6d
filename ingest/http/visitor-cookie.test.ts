import type { IncomingHttpHeaders } from 'node:http'
import { describe, expect, test } from 'vitest'
import { visitorCookie } from './visitor-cookie.ts'

interface Case {
  cookie_domain?: string | null
  consent?: 'not_needed' | 'wait' | 'cookieless'
  host?: string | undefined
  headers?: IncomingHttpHeaders
}

function cookieFor(given: Case): string | undefined {
  const { cookie_domain, consent, host, headers } = {
    cookie_domain: 'shop.example',
    consent: 'not_needed' as const,
    host: 'www.shop.example',
    headers: { host: 'stats.shop.example' },
    ...given,
  }
  return visitorCookie({ visitor: 'v1', cookie_domain }, { consent }, { host, headers })
}

const SET = 'tl_visitor=v1; Domain=shop.example; Path=/; Max-Age=34560000; SameSite=Lax'

describe('the cookie of a visitor is set by an answer', () => {
  test.each<[string, Case]>([
    ['under the same domain', {}],
    ['on the domain itself', { host: 'shop.example', headers: { host: 'shop.example:8080' } }],
    ['where consent was waited for: the tracker is silent before it', { consent: 'wait' }],
    ['on a host in capitals', { headers: { host: 'Stats.Shop.Example' } }],
    ['behind a proxy that hides our host', { headers: { host: '10.0.0.5:8080', 'sec-fetch-site': 'same-origin' } }],
    ['of a sibling', { headers: { host: '10.0.0.5:8080', 'sec-fetch-site': 'same-site' } }],
  ])('%s', (_, given) => {
    expect(cookieFor(given)).toBe(SET)
  })

  test.each<[string, Case]>([
    ['when the tracker does not ask for it', { cookie_domain: null }],
    ['on a site without cookies', { consent: 'cookieless' }],
    ['to a page that names no host', { host: undefined }],
    ['to a page of another domain', { host: 'evil.example' }],
    ['to a page of a domain that only ends alike', { host: 'evil-shop.example' }],
    ['from a service on another domain', { headers: { host: 'stats.example' } }],
    [
      'from a service that the browser calls a stranger',
      { headers: { host: 'shop.example', 'sec-fetch-site': 'cross-site' } },
    ],
    ['without a host', { headers: {} }],
    ['for a whole top-level domain', { cookie_domain: 'example' }],
    ['for no domain', { cookie_domain: 'shop.example; Secure' }],
    ['with a header of its own', { cookie_domain: 'shop.example\r\nx-evil: 1' }],
  ])('not %s', (_, given) => {
    expect(cookieFor(given)).toBeUndefined()
  })
})
