import { describe, expect, test } from 'vitest'
import { SiteDocument } from '#storage/settings/documents.ts'
import { publicSettings } from './public-settings.ts'

const settingsOf = (site: object) =>
  publicSettings(SiteDocument.parse({ id: 'shop', domains: ['shop.example', 'пример.рф'], ...site }), [])

describe('a click of which the tracker says nothing', () => {
  const { quiet } = settingsOf({ cross_domains: ['sister.example'] })

  test.each([
    ['https://shop.example/catalogue', true],
    ['http://www.shop.example/', true],
    ['https://sister.example/a.b/c', true],
    [new URL('https://blog.пример.рф/о-нас').href, true],
    ['javascript://void(0)', true],
    ['data://text/plain,1', true],
    ['blob://https://shop.example/1', true],
    ['https://shop.example/photo.jpg', true],
    ['https://shop.example/price.pdf', false],
    ['https://shop.example/a/PRICE.PDF', false],
    ['https://files.shop.example/offer.docx', false],
    ['https://shopxexample/', false],
    ['https://notshop.example/', false],
    ['https://shop.example.evil.test/', false],
    ['https://evil.test/shop.example/', false],
    ['tel://+74950000000', false],
    ['mailto://hi@shop.example', false],
    ['https://t.me/shop', false],
  ])('%s: %s', (address, isQuiet) => {
    expect(new RegExp(quiet).test(address)).toBe(isQuiet)
  })
})

describe('a field whose value the tracker sends', () => {
  test.each([
    [[], 'city', false],
    [['city', 'form[room](1)'], 'city', true],
    [['city', 'form[room](1)'], 'form[room](1)', true],
    [['city', 'form[room](1)'], 'form', false],
    [['city'], 'city2', false],
    [['*'], 'whatever', true],
  ])('where %j are allowed, %s: %s', (form_values, name, isKept) => {
    expect(new RegExp(settingsOf({ form_values }).kept).test(name)).toBe(isKept)
  })
})
