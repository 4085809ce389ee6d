import { describe, expect, test } from 'vitest'
import { clickIds } from '#domain/traffic/click-ids.ts'
import { campaignOf } from './campaign.ts'

describe('the mark of a campaign', () => {
  test.each([
    ['?utm_source=yandex'],
    ['?page=2&yclid=1'],
    ['?gclid=1'],
    ['?gbraid=1'],
    ['?msclkid=1'],
    ['?ttclid=1'],
    ['?_openstat=x'],
    ['?vk_click_id=1'],
    ['#utm_source=yandex'],
    ['#/flats?gclid=1'],
  ])('is made of «%s»', (query) => {
    expect(campaignOf(query)).toMatch(/^\w+$/)
  })

  test('is made of every click id by which the service knows a source', () => {
    const telling = [...clickIds].filter(([, { proves }]) => proves !== 'nothing').map(([name]) => name)
    expect(telling.length).toBeGreaterThan(25)
    expect(telling.filter((name) => !campaignOf(`?page=2&${name}=x1`).endsWith(`${name}x1`))).toEqual([])
  })

  test.each([
    ...['', '?page=2', '?utm_source=', '?xutm_source=a', '?inclid=', '?awards=1', '#gallery', '?gad=1'],
    ...['id', 'cid', 'clid', 'uid', 'sid', 'aid', 'tid', 'pid', 'bid', 'grid', 'client_id', 'clientid'].map(
      (name) => `?${name}=1`,
    ),
    ...['product_id', 'user_id', 'click', 'clickid', 'click_id', 'filter', 'li', 'opens', 'admin', 'discid'].map(
      (name) => `?${name}=1`,
    ),
    ...[
      'muscle_id',
      'product_click_id',
      'barnaclid',
      'acl_id',
      'cycl_id',
      'muscl_id',
      'article_id',
      'ncl_id',
      'aclk_id',
    ].map((name) => `?${name}=1`),
  ])('is empty for «%s»', (query) => {
    expect(campaignOf(query)).toBe('')
  })

  test('is looked for only once at each place, however long an address is made to look like one', () => {
    // A search that began anew at each letter would not end today.
    for (const part of ['clid', 'utm_', '&gclid', '?', 'yclickid', 'gbraid'])
      expect(campaignOf(`https://shop.test/#${part.repeat(250_000)}`)).toBe('')
  })

  test('differs with any tag and ignores all that is no tag', () => {
    expect(campaignOf('?utm_source=a&gclid=1')).toBe(campaignOf('?utm_source=a&sort=price&gclid=1'))
    expect(campaignOf('?utm_source=a&gclid=1')).not.toBe(campaignOf('?utm_source=a&gclid=2'))
  })
})
