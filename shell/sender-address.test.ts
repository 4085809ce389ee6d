import { describe, expect, test } from 'vitest'
import { oneSender, openNetworks, openSenderAddress } from './sender-address.ts'

const addressOf = openSenderAddress(openNetworks(['10.0.0.0/8', '192.0.2.1', 'fd00::/8']))

describe('the address of a sender', () => {
  test.each([
    ['is the connection’s, when nothing is told', '203.0.113.1', undefined, '203.0.113.1'],
    ['is the connection’s, when that is no proxy', '203.0.113.1', '198.51.100.7', '203.0.113.1'],
    ['is what a proxy tells', '10.0.0.1', '198.51.100.7', '198.51.100.7'],
    [
      'is what the nearest proxy tells, not what the visitor wrote',
      '10.0.0.1',
      '1.1.1.1, 198.51.100.7',
      '198.51.100.7',
    ],
    ['is found behind several proxies', '10.0.0.1', '198.51.100.7, 192.0.2.1,10.2.2.2', '198.51.100.7'],
    ['has no port', '10.0.0.1', '198.51.100.7:51234', '198.51.100.7'],
    ['has no brackets and no port', 'fd00::1', '[2001:db8::7]:443', '2001:db8::7'],
    ['is no quoted text', '10.0.0.1', '"198.51.100.7"', '198.51.100.7'],
    ['is IPv4, also when the proxy speaks IPv6', '::ffff:10.0.0.1', '::ffff:198.51.100.7', '198.51.100.7'],
    ['is the proxy’s, when that tells none', '10.0.0.1', 'unknown', '10.0.0.1'],
    ['is the proxy’s, when that tells nonsense', '10.0.0.1', '_x7f3', '10.0.0.1'],
    ['is the proxy’s, when that tells an empty text', '10.0.0.1', '', '10.0.0.1'],
    ['is never found behind nonsense', '10.0.0.1', '1.1.1.1, nonsense, 10.2.2.2', '10.2.2.2'],
    ['is the first that was told, when all are proxies', '10.0.0.1', '10.3.3.3, 10.2.2.2', '10.3.3.3'],
  ])('%s', (_, connection, forwarded, address) => {
    expect(addressOf(connection, forwarded)).toBe(address)
  })
})

test.each([
  ['203.0.113.7', '203.0.113.7'],
  ['::ffff:203.0.113.7', '203.0.113.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::'],
  ['2001:db8:1:2::1', '2001:db8:1:2::'],
  ['::1', '::'],
  ['fe80::1%eth0', 'fe80::'],
])('%s counts as %s', (address, sender) => {
  expect(oneSender(address)).toBe(sender)
})
