import { describe, expect, test } from 'vitest'
import { PoolDocument } from '#storage/settings/documents.ts'
import { findPhones } from './find-phones.ts'
import { findCandidates, findTags, hasTagManager, siteInScript } from './find-tags.ts'
import { readPage } from './read-page.ts'

const PAGE = 'https://shop.example/contacts'
const TAG = '<script async src="https://stats.example/t/shop.js"></script>'
const tagsOf = (html: string) => findTags(readPage(html, PAGE), PAGE)

describe('tags on a page', () => {
  test.each([
    ['in the head', `<html><head>${TAG}</head><body>`, { place: 'head', is_async: true, is_delayed: false }],
    ['without a written head', `<title>x</title>${TAG}<p>text`, { place: 'head' }],
    ['after the first text block', `<title>x</title><p>text</p>${TAG}`, { place: 'body' }],
    ['at the end of the body', `<head></head><body><p>x</p>${TAG}</body>`, { place: 'body' }],
    ['without async', TAG.replace('async ', ''), { is_async: false }],
    ['with defer', TAG.replace('async', 'defer'), { is_async: true }],
    ['by Rocket Loader', TAG.replace('async', 'type="8f-text/javascript" async'), { is_delayed: true }],
    ['by a consent banner', TAG.replace('async', 'type="text/plain" async'), { is_delayed: true }],
    ['by an optimiser', TAG.replace(' src=', ' data-rocket-src='), { is_delayed: true, site: 'shop' }],
    ['on the own domain', '<script async src="/t/shop.js"></script>', { is_own_domain: true, site: 'shop' }],
    [
      'under its own name',
      '<script async src="/s/a.js" data-tl-base="/s"></script>',
      { is_own_domain: true, site: null },
    ],
    [
      'relative to a base',
      `<base href="https://stats.example/x/"><script async src="../t/shop.js"></script>`,
      { address: 'https://stats.example/t/shop.js' },
    ],
    ['with a version', TAG.replace('shop.js', 'shop.js?v=2'), { site: 'shop' }],
    ['of another site', TAG.replace('shop', 'old.shop'), { site: 'old.shop' }],
  ])('%s', (_, html, told) => {
    expect(tagsOf(html)).toEqual([expect.objectContaining(told)])
  })

  test.each([
    ['in a comment', `<!-- ${TAG} -->`],
    ['in a text', `<textarea>${TAG}</textarea>`],
    [
      'that only look like it',
      '<script src="https://stats.example/t/shop.json"></script><script src="/tt/a.js"></script>',
    ],
  ])('are not found %s', (_, html) => {
    expect(tagsOf(html)).toEqual([])
  })

  test('are counted each', () => {
    expect(tagsOf(`${TAG}${TAG}`)).toHaveLength(2)
  })

  test('that a Tag Manager may load are not seen, but the Tag Manager is', () => {
    const gtm =
      "<script>(function(w,d,s,l,i){w[l].push({'gtm.start':1});j.src='https://www.googletagmanager.com/gtm.js?id='+i})(window,document,'script','dataLayer','GTM-X')</script>"
    expect(hasTagManager(readPage(gtm, PAGE))).toBe(true)
    expect(hasTagManager(readPage(TAG, PAGE))).toBe(false)
  })

  test('of a free name may be any async script of the page’s own host', () => {
    const page = readPage(`<script async src="/s/a.js"></script><script src="/b.js"></script>${TAG}`, PAGE)
    expect(findCandidates(page, PAGE).map(({ address }) => address)).toEqual(['https://shop.example/s/a.js'])
  })
})

test.each([
  ['!($=>{x()})({c:1,s:"shop",r:[["(^|[^d])","+74950000000","+7"]]});', 'shop'],
  ['!($=>{x()})({c:navigator.globalPrivacyControl>0?0.1:1,s:"a.b"});', 'a.b'],
  ['!($=>{x({s:"shop"})})();', undefined],
  ['!function($){x()}({c:1,s:"shop",r:[["(^|[^d])","+74950000000","+7"]]});', 'shop'],
  ['!function($){x()}({c:navigator.globalPrivacyControl>0?0.1:1,s:"a.b"});', 'a.b'],
  ['!function($){x()}({"site":"shop","consent":"not_needed"});', 'shop'],
  ['!function($){x()}({"consent":navigator.globalPrivacyControl>0?"wait":"not_needed","site":"a.b"});', 'a.b'],
  ['!function(){x({"site":"shop"})}();', undefined],
  ['', undefined],
])('the script «%s» is of the site %s', (body, site) => {
  expect(siteInScript(body)).toBe(site)
})

describe('a hostile page', () => {
  test.each([
    ['of opening tags', '<div>'.repeat(400_000)],
    ['of inline tags', '<b>'.repeat(600_000)],
    ['of scripts', '<script src=a></script>'.repeat(90_000)],
    ['of attributes', `<div ${'a=b '.repeat(500_000)}>`],
    ['of one unclosed tag', `<script src="${'x'.repeat(2_000_000)}`],
    ['of text', 'x '.repeat(1_000_000)],
    ['of closing tags', '</div></p></br>'.repeat(140_000)],
  ])('%s is read to its end, or as far as pages are read', (_, html) => {
    // By the square of its length it would take longer than a test may take.
    expect(() => readPage(html, PAGE)).not.toThrow()
  })
})

describe('phones on a page', () => {
  const pool = PoolDocument.parse({
    ...{ id: 'ads', site: 'shop', kind: 'dynamic' },
    numbers: ['+74951112233'],
    replaces: ['+74950000000'],
  })
  const phonesOf = (html: string) => findPhones(readPage(html, PAGE), 'RU', [pool])

  test('are found in what people read, in the spelling of the page, each once', () => {
    const html = `<p>8 (495) 000-00-00</p><p>Звоните: <b>+7 812 320</b>-45-67!</p><footer>+7 495 000 00 00</footer>`
    expect(phonesOf(html)).toEqual([
      {
        phone: '+74950000000',
        written: '8 (495) 000-00-00',
        in_text: true,
        in_link: false,
        pool: 'ads',
        is_tracked: false,
      },
      {
        phone: '+78123204567',
        written: '+7 812 320-45-67',
        in_text: true,
        in_link: false,
        pool: null,
        is_tracked: false,
      },
    ])
  })

  test('are found in links, also in those without a readable number', () => {
    const html = '<a href="tel:84950000000">Позвонить</a><a href="tel:%2B7%20812%20320-45-67">x</a><a href="tel:">y</a>'
    expect(phonesOf(html).map(({ phone, in_text, in_link }) => [phone, in_text, in_link])).toEqual([
      ['+74950000000', false, true],
      ['+78123204567', false, true],
    ])
  })

  test('that are numbers of a pool are known as such', () => {
    expect(phonesOf('<p>8 495 111-22-33</p>')).toEqual([expect.objectContaining({ pool: null, is_tracked: true })])
  })

  test.each([
    ['scripts', '<script>var phone = "8 (495) 000-00-00"</script>'],
    ['templates', '<template><p>8 (495) 000-00-00</p></template>'],
    ['what is no phone', '<p>ИНН 7701234567, 2024-2025, 12 400 000 ₽, арт. 8495000000012</p>'],
    ['two cells that only follow each other', '<table><tr><td>8 (495)</td><td>000-00-00</td></tr></table>'],
  ])('are not read out of %s', (_, html) => {
    expect(phonesOf(html)).toEqual([])
  })
})
