import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { truncateAddress } from './address.ts'

describe('an address', () => {
  test.each([
    ['95.24.1.77', '95.24.1.0'],
    [' 95.24.1.77 ', '95.24.1.0'],
    ['::ffff:95.24.1.77', '95.24.1.0'],
    ['2a02:6b8:1:2:3:4:5:6', '2a02:6b8:1::'],
    ['2A02:6B8::1', '2a02:6b8::'],
    ['fe80::1%eth0', 'fe80::'],
    ['::1', '::'],
  ])('%j is stored as %s', (ip, stored) => {
    expect(truncateAddress(ip)).toBe(stored)
  })

  test.each(['', 'unknown', '1', '1.2.3', '1.2.3.256', '1.2.3.4:80', '0x7f.0.0.1', '[::1]', ':::'])(
    'is not stored when it is %j',
    (ip) => {
      expect(truncateAddress(ip)).toBe('')
    },
  )

  test('of neighbours is the same, and cannot be cut further', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.nat(255), (ip, last) => {
        const stored = truncateAddress(ip)
        expect(truncateAddress(ip.replace(/\d+$/, String(last)))).toBe(stored)
        expect(truncateAddress(stored)).toBe(stored)
      }),
    )
    fc.assert(
      fc.property(fc.oneof(fc.ipV6(), fc.string()), (ip) => {
        const stored = truncateAddress(ip)
        expect(truncateAddress(stored)).toBe(stored)
      }),
    )
  })
})
