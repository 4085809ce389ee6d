import { domainToUnicode } from 'node:url'
import { LRUCache } from 'lru-cache'
import { otherSites } from './other-sites.ts'
import { returnHosts } from './returns.ts'
import { searchEngines } from './search-engines.ts'
import type { Section, Site, SourceKind } from './site.ts'
import { socialSites } from './social-sites.ts'

/** A referring site as far as the tables know it; `kind` is absent for all others. */
export interface KnownSite {
  source: string
  /** `return`: payment and sign-in pages, which start nothing. */
  kind: SourceKind | 'return' | undefined
}

interface HostRow extends KnownSite {
  isWhole: boolean
  sections: readonly Section[]
}

const CACHE_MAX = 20_000

const sites: readonly Site[] = [...searchEngines, ...socialSites, ...otherSites]
const byHost = new Map<string, HostRow>()
const byTag = new Map<string, SourceKind>()
const byApp = new Map<string, KnownSite>()

for (const site of sites) addSite(site)
for (const host of returnHosts.trim().split(/\s+/)) {
  byHost.set(host, { source: host, kind: 'return', isWhole: false, sections: [] })
}

const referrers = new LRUCache<string, HostRow>({ max: CACHE_MAX })

/** The site a referrer belongs to; hosts match by whole labels, the longest known name wins. */
export function siteOfReferrer(host: string, path: string): KnownSite {
  let row = referrers.get(host)
  if (!row) {
    row = findHost(host) ?? { source: readableHost(host), kind: undefined, isWhole: true, sections: [] }
    referrers.set(host, row)
  }
  for (const section of row.sections) {
    if (path.startsWith(section.path)) return section
  }
  return row
}

/** The site of an Android application, by its package name. */
export function siteOfApp(name: string): KnownSite | undefined {
  return byApp.get(name)
}

const tags = new LRUCache<string, SourceKind | 'unknown'>({ max: CACHE_MAX })

/** What kind of site a `utm_source` (in lower case) names: by short name, host, or first word (`vk_spring_sale`). */
export function kindOfTag(source: string): SourceKind | undefined {
  const known = byTag.get(source)
  if (known || source === '') return known
  let kind = tags.get(source)
  if (kind === undefined) {
    const host = findHost(source)?.kind
    kind = (host === 'return' ? undefined : host) ?? byTag.get(firstWord(source)) ?? 'unknown'
    tags.set(source, kind)
  }
  return kind === 'unknown' ? undefined : kind
}

function addSite(site: Site): void {
  const { source, kind, sections = [] } = site
  for (const host of wordsOf(site.hosts)) byHost.set(host, { source, kind, isWhole: false, sections })
  for (const host of wordsOf(site.wholeHosts)) byHost.set(host, { source, kind, isWhole: true, sections })
  for (const app of wordsOf(site.apps)) byApp.set(app, { source, kind })
  for (const name of [source, ...wordsOf(site.tags)]) rememberTag(name, kind)
  for (const section of sections) rememberTag(section.source, section.kind)
}

/** The first row of a name counts: «google» is the search engine, though its banners have a row too. */
function rememberTag(name: string, kind: SourceKind): void {
  if (!byTag.has(name)) byTag.set(name, kind)
}

function wordsOf(list = ''): string[] {
  return list.split(/\s+/).filter(Boolean)
}

function findHost(host: string): HostRow | undefined {
  let name = host
  let cut = ''
  while (name.includes('.')) {
    const row = byHost.get(name)
    if (row && (!row.isWhole || cut === '' || cut === 'www' || cut === 'm')) return row
    const dot = name.indexOf('.')
    cut = host.slice(0, host.length - name.length + dot)
    name = name.slice(dot + 1)
  }
  return undefined
}

function readableHost(host: string): string {
  const name = host.startsWith('www.') ? host.slice(4) : host
  return name.includes('xn--') ? domainToUnicode(name) || name : name
}

/** Short words that are unmistakable even as a part of a name. */
const shortNames = new Set(['vk', 'fb', 'ig', 'tg', 'ya', 'yt', 'wa'])

function firstWord(source: string): string {
  // Not of a host: «yandex.ru.evil.example» is no Yandex.
  const word = /^[\p{L}\p{N}]+(?![\p{L}\p{N}.])/u.exec(source)?.[0] ?? ''
  return word.length > 3 || shortNames.has(word) ? word : ''
}
