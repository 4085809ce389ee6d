import { describe, expect, test } from 'vitest'
import { snippet } from '#cdn/snippet.ts'
import { ownDomainLine, readBase, tagLine } from './snippets.ts'

describe('the line to paste', () => {
  test.each([
    ['https://stats.example', 'shop'],
    ['https://example.com/stats', 'a.b'],
    ['http://localhost:8080', 'demo'],
  ])('of %s for %s is the one that the service gives', (base, site) => {
    expect(tagLine(base, site)).toBe(snippet(base, site))
  })

  test('from the own domain says where facts go', () => {
    expect(ownDomainLine('shop.example')).toBe(
      '<script async src="https://shop.example/s/a.js" data-tl-base="https://shop.example/s"></script>',
    )
  })
})

describe('the address of the service', () => {
  test.each([
    [' https://stats.example/ ', 'https://stats.example'],
    ['http://10.0.0.1:8080/x//', 'http://10.0.0.1:8080/x'],
    ['stats.example', undefined],
    ['javascript:alert(1)', undefined],
    ['https://a"><script>', undefined],
    ['', undefined],
  ])('«%s» is read as %s', (typed, base) => {
    expect(readBase(typed)).toBe(base)
  })
})
