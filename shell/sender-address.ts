import { BlockList, isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

/** Who sends a request, given the connection's own address and `X-Forwarded-For`. */
export type SenderAddress = (connection: string | undefined, forwarded: string | undefined) => string

/**
 * Believes proxies of these networks, and nobody else. Read from the right, where the nearest proxy wrote: a visitor can
 * put anything in front. Ports are left out, and what is no address ends the reading: each would otherwise be a new
 * «address» with a count of its own.
 */
export function openSenderAddress(isProxy: (address: string) => boolean): SenderAddress {
  return (connection = '', forwarded) => {
    let address = plainAddress(connection) ?? connection
    let rest = forwarded
    while (rest !== undefined && isProxy(address)) {
      const comma = rest.lastIndexOf(',')
      const told = plainAddress(rest.slice(comma + 1))
      if (told === undefined) break
      address = told
      rest = comma < 0 ? undefined : rest.slice(0, comma)
    }
    return address
  }
}

/** Whether an address is in one of the networks, which are addresses or CIDR. */
export function openNetworks(networks: readonly string[]): (address: string) => boolean {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', bits] = network.split('/')
    const family = familyOf(address)
    if (bits === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(bits), family)
  }
  return (address) => isIP(address) !== 0 && list.check(address, familyOf(address))
}

/** What is counted as one sender: an address, or the /64 of IPv6 that one household has to itself. */
export function oneSender(address: string): string {
  if (!address.includes(':') || !ipaddr.isValid(address)) return address
  const plain = ipaddr.process(address)
  return plain.kind() === 'ipv4' ? plain.toString() : ipaddr.fromByteArray(plain.toByteArray().fill(0, 8)).toString()
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return address.includes(':') ? 'ipv6' : 'ipv4'
}

/** `1.2.3.4:5678` and `[2001:db8::1]:5678` are addresses with a port, `::ffff:1.2.3.4` is an IPv4 address. */
function plainAddress(text: string): string | undefined {
  const trimmed = text.trim().replace(/^"(.*)"$/, '$1')
  const [, bracketed, plain] = /^(?:\[([^\]]*)\]|(\d+\.\d+\.\d+\.\d+))(?::\d{1,5})?$/.exec(trimmed) ?? []
  const address = (bracketed ?? plain ?? trimmed).replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '')
  return isIP(address) === 0 || address.includes('%') ? undefined : address
}
