import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { openKeyedHash } from './keyed-hash.ts'

const hash = openKeyedHash('000102030405060708090a0b0c0d0e0f')

function hashOf(text: string, by = hash): string {
  const hashes = new Uint32Array(4)
  by(text, hashes, 1)
  return [hashes[1], hashes[2]].map((half) => (half as number).toString(16).padStart(8, '0')).join('')
}

const counting = (length: number) => String.fromCharCode(...Array.from({ length }, (_, i) => i))

describe('the keyed hash', () => {
  // From the paper on SipHash and its reference implementation: the bytes 0, 1, 2 … under the key 0, 1, 2 … 15.
  test.each([
    [0, '726fdb47dd0e0e31'],
    [1, '74f839c593dc67fd'],
    [7, 'ab0200f58b01d137'],
    [8, '93f5f5799a932462'],
    [15, 'a129ca6149be45e5'],
  ])('is SipHash-2-4 on %i bytes', (length, expected) => {
    expect(hashOf(counting(length))).toBe(expected)
  })

  test('depends on the key', () => {
    expect(hashOf('shop\nid', openKeyedHash('07'.repeat(16)))).not.toBe(hashOf('shop\nid'))
  })

  test('tells texts apart, in Latin letters or not', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '\0', '\xff', 'ж', '漢', '\ud800'), maxLength: 20 })
    fc.assert(fc.property(text, text, (a, b) => (hashOf(a) === hashOf(b)) === (a === b)))
  })

  test('tells a letter from the two bytes it could be taken for', () => {
    const texts = ['ж', '6\x04', '6\x04\0\0', '\x04', 'жж', 'ж\0', '\u0100', '\0\x01', '']
    expect(new Set(texts.map((text) => hashOf(text))).size).toBe(texts.length)
  })
})
