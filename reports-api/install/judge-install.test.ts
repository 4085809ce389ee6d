import { describe, expect, test } from 'vitest'
import type { PagePhone } from './find-phones.ts'
import type { PageTag } from './find-tags.ts'
import { findingLevels, type Install, judgeInstall } from './judge-install.ts'

const tag: PageTag = {
  ...{ address: 'https://stats.example/t/shop.js', site: 'shop', place: 'head', nonce: undefined },
  ...{ is_async: true, is_delayed: false, is_own_domain: false },
}
const phone: PagePhone = {
  ...{ phone: '+74950000000', written: '8 495 000-00-00', in_text: true, in_link: false },
  ...{ pool: 'ads', is_tracked: false },
}
const script = { status: 200, type: 'text/javascript; charset=utf-8', site: 'shop', is_current: true }
const good: Install = {
  ...{ site: 'shop', page: 'https://shop.example/', tags: [tag], has_tag_manager: false },
  ...{ script, policies: [], phones: [phone], has_pools: true },
}
const codes = (change: Partial<Install>) => judgeInstall({ ...good, ...change }).map(({ code }) => code)
const found = (...more: string[]) => ['tag_found', ...more]
const rest = ['policy_none', 'phones_swapped']

describe('an installation', () => {
  test.each<[string, Partial<Install>, string[]]>([
    ['that is well', {}, found('script_current', ...rest)],
    ['without a tag', { tags: [], script: undefined }, ['tag_missing', 'phones_swapped']],
    [
      'that may come by a Tag Manager',
      { tags: [], script: undefined, has_tag_manager: true },
      ['tag_maybe_in_gtm', 'phones_swapped'],
    ],
    ['that is doubled', { tags: [tag, tag] }, found('tag_twice', 'script_current', ...rest)],
    [
      'with an old tag beside it',
      { tags: [{ ...tag, site: 'old' }, tag] },
      found('tag_other_site', 'script_current', ...rest),
    ],
    [
      'with the tag of another site alone',
      { tags: [{ ...tag, site: 'old' }], script: undefined },
      ['tag_missing', 'tag_other_site', 'phones_swapped'],
    ],
    [
      'that holds up the page',
      { tags: [{ ...tag, is_async: false }] },
      found('tag_not_async', 'script_current', ...rest),
    ],
    ['at the end of the page', { tags: [{ ...tag, place: 'body' }] }, found('tag_in_body', 'script_current', ...rest)],
    [
      'that an optimiser delays',
      { tags: [{ ...tag, is_delayed: true, is_async: false }] },
      found('tag_delayed', 'script_current', ...rest),
    ],
    [
      'on the own domain',
      { tags: [{ ...tag, is_own_domain: true }] },
      found('tag_own_domain', 'script_current', ...rest),
    ],
    ['whose script is away', { script: 'timeout' }, found('script_unreachable', ...rest)],
    ['whose script is none', { script: { ...script, status: 404 } }, found('script_status', ...rest)],
    ['whose script is a page', { script: { ...script, type: 'text/html' } }, found('script_type', ...rest)],
    ['whose script is of another site', { script: { ...script, site: 'old' } }, found('script_foreign', ...rest)],
    ['whose script is old', { script: { ...script, is_current: false } }, found('script_stale', ...rest)],
    [
      'under a policy that lets it',
      { policies: ["default-src 'self' https://stats.example"] },
      found('script_current', 'policy_allows', 'phones_swapped'),
    ],
    [
      'under a policy that does not',
      { policies: ["default-src 'self'"] },
      found('script_current', 'policy_script', 'policy_sending', 'phones_swapped'),
    ],
    [
      'under two policies, one of which does not',
      { policies: ['default-src *', "connect-src 'self'"] },
      found('script_current', 'policy_sending', 'phones_swapped'),
    ],
    ['on a page without phones', { phones: [] }, found('script_current', 'policy_none', 'phones_none')],
    [
      'on a page with a phone of no pool',
      { phones: [phone, { ...phone, phone: '+78123204567', pool: null }] },
      found('script_current', ...rest, 'phones_left'),
    ],
    [
      'on a page that writes a tracked number',
      { phones: [{ ...phone, pool: null, is_tracked: true }] },
      found('script_current', 'policy_none'),
    ],
    [
      'of a site without pools',
      { has_pools: false, phones: [{ ...phone, pool: null }] },
      found('script_current', 'policy_none'),
    ],
  ])('%s', (_, change, expected) => {
    expect(codes(change)).toEqual(expected)
  })

  test('says what to add to which directive', () => {
    const findings = judgeInstall({ ...good, policies: ["script-src 'self'; connect-src 'self'"] })
    expect(findings).toContainEqual({
      code: 'policy_script',
      level: 'bad',
      values: { directive: 'script-src', source: 'https://stats.example' },
    })
    expect(findings).toContainEqual(expect.objectContaining({ code: 'policy_sending' }))
  })

  test('has a level for all that can be said', () => {
    expect(Object.keys(findingLevels).length).toBeGreaterThan(20)
  })
})
