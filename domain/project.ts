import { isUnder, splitAddress } from './traffic/address.ts'

/** What of a project decides which pages are about it. */
export interface ProjectRule {
  id: string
  /** `/zhk-a`, `example.ru/zhk-a` or `https://a.example.ru`: whole labels of the host, whole steps of the path. */
  url_prefixes: readonly string[]
}

interface Prefix {
  project: string
  host: string
  path: string
}

/** The project a page is about: the one with the longest prefix of its address; empty when there is none. */
export function projectOf(url: string, projects: readonly ProjectRule[]): string {
  if (projects.length === 0) return ''
  const page = splitAddress(url)
  if (!page) return ''
  const path = page.path.toLowerCase()
  return prefixesOf(projects).find((prefix) => covers(prefix, page.host, path))?.project ?? ''
}

// Settings documents are replaced, never changed in place, so the array itself is the key.
const prefixes = new WeakMap<readonly ProjectRule[], Prefix[]>()

function prefixesOf(projects: readonly ProjectRule[]): Prefix[] {
  let known = prefixes.get(projects)
  if (!known) {
    known = projects
      .flatMap(({ id, url_prefixes }) => url_prefixes.flatMap((text) => readPrefix(id, text) ?? []))
      .toSorted((a, b) => b.host.length + b.path.length - a.host.length - a.path.length)
    prefixes.set(projects, known)
  }
  return known
}

function readPrefix(project: string, text: string): Prefix | undefined {
  const trimmed = text.trim()
  if (trimmed === '') return undefined
  if (trimmed.startsWith('/') && !trimmed.startsWith('//')) {
    return { project, host: '', path: plainPath(splitAddress(`http://any${trimmed}`)?.path ?? trimmed) }
  }
  const address = splitAddress(/^(?:https?:)?\/\//i.test(trimmed) ? trimmed : `http://${trimmed}`)
  return address && { project, host: address.host.replace(/^www\./, ''), path: plainPath(address.path) }
}

/** Without the last slash: `/zhk-a/` is also to cover the page `/zhk-a`. */
function plainPath(path: string): string {
  return path.toLowerCase().replace(/\/+$/, '')
}

function covers(prefix: Prefix, host: string, path: string): boolean {
  if (prefix.host !== '' && !isUnder(host, prefix.host)) return false
  if (!path.startsWith(prefix.path)) return false
  return path.length === prefix.path.length || path[prefix.path.length] === '/'
}
