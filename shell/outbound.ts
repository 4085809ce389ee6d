import { lookup as dnsLookup, type LookupAddress } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import ipaddr from 'ipaddr.js'
import { Agent, request } from 'undici'

const TIMEOUT_MS = 10_000

/** Answers longer than this are cut off: nobody needs them, and a hostile server could send for ever. */
const BODY_BYTES_MAX = 64 * 1024

export interface OutboundRequest {
  method: 'GET' | 'POST'
  url: string
  headers?: Record<string, string>
  body?: string
  timeout_ms?: number
  /** Of the answer; `BODY_BYTES_MAX` when not said. */
  body_bytes_max?: number
}

export interface OutboundAnswer {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: string
  /** There was more of it than was read. */
  is_cut: boolean
}

/** The one door to the outside: the address is checked as the connection is made, redirects are answers like any other. */
export interface Outbound {
  send(wanted: OutboundRequest): Promise<OutboundAnswer>
  close(): Promise<void>
}

/** An address that may not be reached. */
export class AddressRefused extends Error {
  constructor() {
    super('The address is private; OUTBOUND_ALLOW names the private networks that may be reached.')
    this.name = 'AddressRefused'
  }
}

type Resolve = (host: string, done: (error: Error | null, addresses: LookupAddress[]) => void) => void

export interface OutboundOptions {
  /** Networks that may be reached beside the public ones, as CIDR. */
  allow: string[]
  /** Addresses of our own, such as `http://localhost:8080`, that may be reached wherever they lead. */
  own_origins?: string[]
  /** Stands in for DNS in tests. */
  resolve?: Resolve
}

const systemResolve: Resolve = (host, done) =>
  dnsLookup(host, { all: true }, (error, addresses) => done(error, addresses ?? []))

export function openOutbound({ allow, own_origins = [], resolve = systemResolve }: OutboundOptions): Outbound {
  const allowed = allow.map((network) => ipaddr.parseCIDR(network.includes('/') ? network : withFullMask(network)))
  const isReachable = (address: string) => mayReach(address, allowed)
  // The connection is made to the very addresses that were checked: a second look-up could say something else.
  const lookup: LookupFunction = (host, options, done) => {
    resolve(host, (error, addresses) => {
      if (error) return done(error, [])
      const reachable = addresses.filter(({ address }) => isReachable(address))
      const [first] = reachable
      if (!first) return done(new AddressRefused(), [])
      return options.all ? done(null, reachable) : done(null, first.address, first.family)
    })
  }
  const agent = new Agent({
    connect: { lookup, timeout: TIMEOUT_MS },
    // A pooled connection would outlive a change of the address it was checked for.
    keepAliveTimeout: 1_000,
  })
  const ownAgent = new Agent({ connect: { timeout: TIMEOUT_MS }, keepAliveTimeout: 1_000 })
  return {
    async send({ method, url, headers = {}, body, timeout_ms = TIMEOUT_MS, body_bytes_max = BODY_BYTES_MAX }) {
      const target = new URL(url)
      const isOwn = own_origins.includes(target.origin)
      if (target.protocol !== 'http:' && target.protocol !== 'https:') throw new AddressRefused()
      // An address written as such is never looked up, so it is checked here; URL has put it into its plain form.
      const literal = target.hostname.replace(/^\[|\]$/g, '')
      if (!isOwn && isIP(literal) && !isReachable(literal)) throw new AddressRefused()
      const signal = AbortSignal.timeout(timeout_ms)
      const dispatcher = isOwn ? ownAgent : agent
      const answer = await request(target, { method, headers, body: body ?? null, dispatcher, signal })
      return { status: answer.statusCode, headers: answer.headers, ...(await readSome(answer.body, body_bytes_max)) }
    },
    close: async () => void (await Promise.all([agent.destroy(), ownAgent.destroy()])),
  }
}

async function readSome(
  body: AsyncIterable<Buffer> & { destroy(): unknown },
  bytes_max: number,
): Promise<{ body: string; is_cut: boolean }> {
  const pieces: Buffer[] = []
  let bytes = 0
  for await (const piece of body) {
    pieces.push(piece.subarray(0, bytes_max - bytes))
    bytes += piece.length
    if (bytes >= bytes_max) {
      body.destroy()
      break
    }
  }
  return { body: Buffer.concat(pieces).toString('utf8'), is_cut: bytes >= bytes_max }
}

type Network = [ipaddr.IPv4 | ipaddr.IPv6, number]

/** Public unicast only. An IPv4 address inside an IPv6 one is judged as the IPv4 address it is. */
function mayReach(text: string, allowed: readonly Network[]): boolean {
  if (!ipaddr.isValid(text)) return false
  const address = ipaddr.process(text)
  if (allowed.some(([network, bits]) => address.kind() === network.kind() && address.match(network, bits))) return true
  if (address.range() !== 'unicast') return false
  // Of IPv6 only what is handed out as global unicast: the rest holds IPv4 addresses in old disguises.
  return address instanceof ipaddr.IPv4 || ((address.parts[0] ?? 0) & 0xe000) === 0x2000
}

function withFullMask(address: string): string {
  return `${address}/${ipaddr.parse(address).kind() === 'ipv4' ? 32 : 128}`
}
