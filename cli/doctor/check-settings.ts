import type { Config } from '../config.ts'
import { type Check, fault, ok, warning } from './check.ts'

/** Settings that are each well formed and do not go together. */
export function checkSettings(config: Config): Check[] {
  const found = [...checkProxy(config), ...checkAddress(config)]
  return found.length === 0 ? [ok('settings', 'all can be read')] : found
}

const isLocal = (host: string) => ['localhost', '127.0.0.1', '::1', '[::1]'].includes(host)

function checkProxy({ TRUST_PROXY, BASE_URL }: Config): Check[] {
  const everybody = TRUST_PROXY.filter((network) => /\/0{1,3}$/.test(network))
  if (everybody.length > 0) {
    return [
      fault(
        'TRUST_PROXY',
        `${everybody.join(', ')} believes whatever address a visitor writes`,
        'Name the networks of your own proxies alone.',
      ),
    ]
  }
  const host = BASE_URL === undefined ? undefined : new URL(BASE_URL).hostname
  // We do not speak TLS, so a proxy does.
  if (BASE_URL?.startsWith('https:') && host !== undefined && !isLocal(host) && TRUST_PROXY.length === 0) {
    return [
      warning(
        'TRUST_PROXY',
        'BASE_URL is https, so a proxy stands in front, and all visitors will seem to come from its address',
        'Set TRUST_PROXY to the address or network of the proxy, e.g. 127.0.0.1.',
      ),
    ]
  }
  return []
}

function checkAddress({ BASE_URL, HOST }: Config): Check[] {
  if (BASE_URL === undefined) {
    if (isLocal(HOST)) return []
    const says = `HOST opens the service to the network, and the snippet names localhost, which visitors cannot reach`
    return [warning('BASE_URL', says, 'Set BASE_URL to the address that visitors reach it under.')]
  }
  const { protocol, hostname, pathname } = new URL(BASE_URL)
  const found: Check[] = []
  if (protocol === 'http:' && !isLocal(hostname)) {
    const says = 'is plain http: pages served over https will not load the tracker'
    found.push(warning('BASE_URL', says, 'Put a proxy with a certificate in front, and set BASE_URL to https.'))
  }
  if (pathname !== '/') {
    found.push(
      warning('BASE_URL', 'has a path', 'Serve it at the root of a host of its own, e.g. https://t.example.com.'),
    )
  }
  return found
}
