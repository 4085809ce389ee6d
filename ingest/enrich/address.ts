import { isIPv4 } from 'node:net'
import ipaddr from 'ipaddr.js'

/** Keeps of an address what is stored: IPv4 without its last byte, IPv6 with its first 48 bits; empty for anything else. */
export function truncateAddress(ip: string): string {
  if (isIPv4(ip)) return `${ip.slice(0, ip.lastIndexOf('.'))}.0`
  const address = parseAddress(ip)
  if (!address) return ''
  const bytes = address.toByteArray()
  return ipaddr.fromByteArray(bytes.fill(0, bytes.length === 4 ? 3 : 6)).toString()
}

/** Whether a text is an address. */
export function isAddress(ip: string): boolean {
  return isIPv4(ip) || parseAddress(ip) !== undefined
}

/** IPv4 inside IPv6 (`::ffff:1.2.3.4`) comes out as IPv4. */
export function parseAddress(ip: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  const text = ip.trim()
  // The library also reads `1`, `0x7f.1` and other forms of the C library, which are no address a proxy would send.
  if (!text.includes(':') && !/^\d{1,3}(?:\.\d{1,3}){3}$/.test(text)) return undefined
  return ipaddr.isValid(text) ? ipaddr.process(text) : undefined
}
