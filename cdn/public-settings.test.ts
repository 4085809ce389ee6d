import { describe, expect, test } from 'vitest'
import { SiteDocument } from '#storage/settings/documents.ts'
import { featuresOf } from './features.ts'
import { publicSettings } from './public-settings.ts'

const settingsOf = (more: object) =>
  publicSettings(SiteDocument.parse({ id: 'shop', domains: ['shop.example'], ...more }), [])

describe('what a page gets to know of its site', () => {
  test('holds nothing of what the site does not use', () => {
    expect(settingsOf({})).toEqual({
      site: 'shop',
      consent: 'not_needed',
    })
    expect(featuresOf(settingsOf({}))).toEqual(['forms'])
  })

  test('names the signals of privacy as browsers do', () => {
    expect(settingsOf({ privacy_signals: ['gpc', 'dnt'] }).signals).toEqual(['globalPrivacyControl', 'doNotTrack'])
  })

  test.each([
    ['shop.example', 'shop.by', true],
    ['www.shop.example', 'spb.shop.by', true],
    ['spb.shop.by', 'shop.example', true],
    ['shop.by', 'xn--e1afmkfd.xn--p1ai', true],
    ['landing.example', 'shop.by', true],
    ['shop.by', 'shop.by', false],
    ['shop.by', 'spb.shop.by', false],
    ['spb.shop.by', 'msk.shop.by', false],
    ['shop.example', 'www.shop.example', false],
    ['shop.example', 'evil-shop.by', false],
    ['shop.example', 'shopxby', false],
    ['shop.example', 'shop.by.evil', false],
    ['shop.example', 'stranger.example', false],
  ])('takes visitors from %s along to %s: %s', (from, to, isTaken) => {
    const settings = settingsOf({
      domains: ['shop.example', 'www.shop.example'],
      cross_domains: ['Shop.by', 'пример.рф'],
    })
    expect(featuresOf(settings)).toContain('linker')
    expect(new RegExp(settings.linked as string).test(`.${from}>.${to}`)).toBe(isTaken)
  })

  test('takes nobody along where there are no cookies', () => {
    const settings = settingsOf({ cross_domains: ['shop.by'], consent: 'cookieless' })
    expect(settings.linked).toBeUndefined()
    expect(featuresOf(settings)).not.toContain('linker')
  })
})

describe('a field whose value the tracker sends', () => {
  test.each([
    [['city', 'form[room](1)'], 'city', true],
    [['city', 'form[room](1)'], 'form[room](1)', true],
    [['city', 'form[room](1)'], 'form', false],
    [['city'], 'city2', false],
    [['*'], 'whatever', true],
  ])('where %j are allowed, %s: %s', (form_values, name, isKept) => {
    expect(new RegExp(settingsOf({ form_values }).kept as string).test(name)).toBe(isKept)
  })
})
