import { describe, expect, test } from 'vitest'
import { scriptBlocked, sendingBlocked, splitPolicies } from './evaluate-policy.ts'

const PAGE = 'https://shop.example/contacts'
const SCRIPT = 'https://stats.example/t/shop.js'
const FACTS = 'https://stats.example/v1/events'
const blocks = (directive: string, source = 'https://stats.example') => ({ directive, source })

describe('a script', () => {
  test.each([
    ["default-src 'self'", blocks('default-src')],
    ["script-src 'self' https://cdn.example", blocks('script-src')],
    ["script-src-elem 'none'; script-src *", blocks('script-src-elem')],
    ["default-src *; script-src 'unsafe-inline'", blocks('script-src')],
    ['script-src http://stats.example', undefined],
    ['script-src stats.example', undefined],
    ['script-src *.example', undefined],
    ['script-src *.stats.example', blocks('script-src')],
    ['script-src https://stats.example:8443', blocks('script-src')],
    ['script-src https://stats.example:443', undefined],
    ['script-src stats.example:*', undefined],
    ['script-src https://stats.example/t/', undefined],
    ['script-src https://stats.example/t/shop.js', undefined],
    ['script-src https://stats.example/other/', blocks('script-src')],
    ['script-src https:', undefined],
    ['SCRIPT-SRC HTTPS://STATS.EXAMPLE', undefined],
    ['script-src *; script-src none', undefined],
    ["img-src 'none'; frame-ancestors 'none'", undefined],
    ["script-src 'strict-dynamic' 'nonce-abc' https://stats.example", blocks('script-src', "'nonce-…'")],
    ['', undefined],
  ])('under «%s» is %j', (policy, blocked) => {
    expect(scriptBlocked(policy, SCRIPT, PAGE)).toEqual(blocked)
  })

  test('passes by its nonce', () => {
    const policy = "script-src 'strict-dynamic' 'nonce-abc'"
    expect(scriptBlocked(policy, SCRIPT, PAGE, 'abc')).toBeUndefined()
    expect(scriptBlocked(policy, SCRIPT, PAGE, 'other')).toBeDefined()
  })

  test.each([
    ['https://shop.example/s/a.js', undefined],
    ['https://www.shop.example/s/a.js', blocks('script-src', 'https://www.shop.example')],
    ['http://shop.example/s/a.js', blocks('script-src', 'http://shop.example')],
  ])("at %s is, under 'self', %j", (address, blocked) => {
    expect(scriptBlocked("script-src 'self'", address, PAGE)).toEqual(blocked)
  })
})

describe('sending facts', () => {
  test.each([
    ["connect-src 'self'", blocks('connect-src')],
    ["default-src 'self'; script-src https://stats.example", blocks('default-src')],
    ["default-src 'none'; connect-src https://stats.example", undefined],
    ["script-src 'none'", undefined],
    ["connect-src 'nonce-abc' 'strict-dynamic' https://stats.example", undefined],
  ])('under «%s» is %j', (policy, blocked) => {
    expect(sendingBlocked(policy, FACTS, PAGE)).toEqual(blocked)
  })
})

test('policies are taken one by one, from headers and from the page', () => {
  expect(splitPolicies(["default-src 'self', script-src *", '', ' '])).toHaveLength(2)
})
