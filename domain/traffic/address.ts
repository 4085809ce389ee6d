import { LRUCache } from 'lru-cache'

/** The parts of an address that decide where a visit came from. */
export interface Address {
  /** Lower-case, in ASCII, without port, user or last dot. */
  host: string
  /** Readable: percent-decoded where that is possible. */
  path: string
  query: string
  fragment: string
}

/**
 * Splits an http(s) address without ever throwing; undefined when it has no host. `new URL` would refuse half of what
 * browsers and servers send, and takes several times as long.
 */
export function splitAddress(text: string): Address | undefined {
  const start = afterScheme(text)
  if (start < 0) return undefined
  let end = start
  while (end < text.length && !isHostEnd(text.charCodeAt(end))) end++
  const host = plainHost(text.slice(start, end))
  if (host === '') return undefined

  const hash = text.indexOf('#', end)
  const beforeHash = hash < 0 ? text.length : hash
  const mark = text.indexOf('?', end)
  const hasQuery = mark >= 0 && mark < beforeHash
  return {
    host,
    path: readablePath(text.slice(end, hasQuery ? mark : beforeHash)),
    query: hasQuery ? text.slice(mark + 1, beforeHash) : '',
    fragment: hash < 0 ? '' : text.slice(hash + 1),
  }
}

/** One spelling for a host: `WWW.Пример.РФ.` and `www.xn--e1afmkfd.xn--p1ai` are the same. */
export function plainHost(authority: string): string {
  const withoutUser = authority.slice(authority.lastIndexOf('@') + 1)
  const port = withoutUser.startsWith('[') ? withoutUser.indexOf(']:') + 1 : withoutUser.indexOf(':')
  const name = port > 0 ? withoutUser.slice(0, port) : withoutUser
  const host = name.endsWith('.') ? name.slice(0, -1) : name
  // No name is longer, and whoever compares hosts label by label takes time by the square of their number.
  if (host.length > HOST_LENGTH_MAX) return ''
  return plainCharacters.test(host) ? host.toLowerCase() : asciiHost(host)
}

/** Whether `host` is `domain` or lies under it; compared by whole labels, so `notvk.com` is not under `vk.com`. */
export function isUnder(host: string, domain: string): boolean {
  if (!host.endsWith(domain)) return false
  return host.length === domain.length || host.charCodeAt(host.length - domain.length - 1) === DOT
}

const DOT = 46
const HOST_LENGTH_MAX = 253
const plainCharacters = /^[A-Za-z0-9._[\]:-]*$/

function afterScheme(text: string): number {
  const start = text.slice(0, 8).toLowerCase()
  if (start === 'https://') return 8
  if (start.startsWith('http://')) return 7
  return start.startsWith('//') ? 2 : -1
}

/** `/`, `?`, `#` or `\`, which browsers take for a slash. */
function isHostEnd(code: number): boolean {
  return code === 47 || code === 63 || code === 35 || code === 92
}

const ASCII_CACHE_MAX = 2_000

const ascii = new LRUCache<string, string>({ max: ASCII_CACHE_MAX })

function asciiHost(host: string): string {
  let known = ascii.get(host)
  if (known === undefined) {
    known = encodeHost(host)
    ascii.set(host, known)
  }
  return known
}

function encodeHost(host: string): string {
  // Letters and digits of any script only: anything else would be read as another part of an address.
  if (!/^[\p{L}\p{M}\p{N}._-]{1,253}$/u.test(host) || !URL.canParse(`http://${host}`)) return ''
  return new URL(`http://${host}`).hostname
}

function readablePath(path: string): string {
  if (path === '') return '/'
  if (!path.includes('%')) return path
  try {
    return decodeURI(path)
  } catch {
    return path
  }
}
