/** What a security policy keeps from happening, and what would let it. */
export interface Blocked {
  /** The directive that decides, as it stands in the policy. */
  directive: string
  /** To be added to it. */
  source: string
}

/** Policies as browsers take them: several headers, several to a header, and those in the page; each must allow. */
export function splitPolicies(texts: readonly string[]): string[] {
  return texts.flatMap((text) => text.split(',')).filter((policy) => policy.trim() !== '')
}

/** Why a script may not be loaded; nothing when it may. */
export function scriptBlocked(policy: string, address: string, page: string, nonce?: string): Blocked | undefined {
  return blockedBy(policy, ['script-src-elem', 'script-src', 'default-src'], { address, page, nonce, isScript: true })
}

/** Why facts may not be sent there; nothing when they may. */
export function sendingBlocked(policy: string, address: string, page: string): Blocked | undefined {
  return blockedBy(policy, ['connect-src', 'default-src'], { address, page, nonce: undefined, isScript: false })
}

interface Asked {
  address: string
  page: string
  nonce: string | undefined
  isScript: boolean
}

function blockedBy(policy: string, names: readonly string[], asked: Asked): Blocked | undefined {
  const directives = readDirectives(policy)
  const directive = names.find((name) => directives.has(name))
  if (directive === undefined) return undefined
  const sources = directives.get(directive) as string[]
  if (allows(sources, asked)) return undefined
  const trusted = asked.isScript && sources.some((source) => source.toLowerCase() === "'strict-dynamic'")
  // Where only scripts of known scripts may run, no address would help.
  return { directive, source: trusted ? "'nonce-…'" : new URL(asked.address).origin }
}

function readDirectives(policy: string): Map<string, string[]> {
  const directives = new Map<string, string[]>()
  for (const part of policy.split(';')) {
    const [name = '', ...sources] = part.trim().split(/\s+/)
    // Of two directives of a name the first counts.
    if (name && !directives.has(name.toLowerCase())) directives.set(name.toLowerCase(), sources)
  }
  return directives
}

function allows(sources: readonly string[], { address, page, nonce, isScript }: Asked): boolean {
  if (isScript && nonce && sources.includes(`'nonce-${nonce}'`)) return true
  if (isScript && sources.some((source) => source.toLowerCase() === "'strict-dynamic'")) return false
  return sources.some((source) => matches(source, new URL(address), new URL(page)))
}

function matches(source: string, address: URL, page: URL): boolean {
  const word = source.toLowerCase()
  if (word === "'self'") return address.host === page.host && isNoWorse(page.protocol, address.protocol)
  if (word.startsWith("'")) return false
  if (word === '*') return /^(https?|wss?):$/.test(address.protocol) || address.protocol === page.protocol
  if (/^[a-z][a-z\d+.-]*:$/.test(word)) return isNoWorse(word, address.protocol)
  return matchesHost(source, address, page)
}

/** `http:` in a policy takes https as well; never the other way round. */
function isNoWorse(allowed: string, used: string): boolean {
  return used === allowed || (allowed === 'http:' && used === 'https:')
}

function matchesHost(source: string, address: URL, page: URL): boolean {
  const [, scheme, host = '', port, path = ''] =
    /^(?:([a-z][a-z\d+.-]*:)\/\/)?([^:/]+)(?::(\d+|\*))?(\/.*)?$/i.exec(source) ?? []
  if (!isNoWorse(scheme?.toLowerCase() ?? page.protocol, address.protocol)) return false
  const wanted = host.toLowerCase()
  const isHost = wanted.startsWith('*.')
    ? address.hostname.endsWith(wanted.slice(1))
    : wanted === '*' || wanted === address.hostname
  return isHost && matchesPort(port, address) && (path === '' || matchesPath(path, address.pathname))
}

function matchesPort(port: string | undefined, { port: used, protocol }: URL): boolean {
  if (port === '*' || (port ?? '') === used) return true
  const usual = protocol === 'https:' ? '443' : '80'
  return port === usual && used === ''
}

function matchesPath(path: string, used: string): boolean {
  return path.endsWith('/') ? used.startsWith(path) : path === used
}
