import { describe, expect, test } from 'vitest'
import { snippet } from './snippet.ts'

describe('the snippet', () => {
  test.each([
    ['https://stats.example', 'shop', '<script async src="https://stats.example/t/shop.js"></script>'],
    ['https://stats.example/', 'shop', '<script async src="https://stats.example/t/shop.js"></script>'],
    ['https://example.com/stats/', 'a.b', '<script async src="https://example.com/stats/t/a.b.js"></script>'],
  ])('of %s for %s is one line', (base_url, site, line) => {
    expect(snippet(base_url, site)).toBe(line)
  })
})
