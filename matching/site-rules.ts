import { normalizeEmail } from '#domain/email.ts'
import { normalizePhone } from '#domain/phone.ts'
import type { Pool, Site } from '#storage/settings/documents.ts'
import type { Settings } from '#storage/settings/settings.ts'
import { compareText } from './receipt.ts'
import { holds } from './rules.ts'

/** What of a site's settings decides matching. */
export interface SiteRules {
  projects: Site['projects']
  target_call_seconds: number
  repeat_lead_days: number
  /** By tracked number. */
  pools: ReadonlyMap<string, Pool>
  /** Numbers that give way to those of dynamic pools, and stay where none is free. */
  replaced: ReadonlySet<string>
  /** `kind\nvalue` of identifiers that are the company's own. */
  blocked: ReadonlySet<string>
}

// Worked out again only when a document has another version: a site may block ten thousand numbers.
const known = new WeakMap<Settings, Map<string, { versions: string; rules: SiteRules }>>()

/** The rules of a site as its settings stand now; facts of a site without settings are matched by the defaults. */
export function siteRules(settings: Settings, id: string): SiteRules {
  const site = settings.get('site', id)
  const pools = settings.list('pool').filter(({ document }) => document.site === id)
  const versions = [site?.version ?? 0, ...pools.map(({ document, version }) => `${document.id} ${version}`)].join()
  const bySite = known.get(settings) ?? new Map<string, { versions: string; rules: SiteRules }>()
  known.set(settings, bySite)
  const before = bySite.get(id)
  if (before?.versions === versions) return before.rules
  const rules = makeRules(
    site?.document,
    pools.map(({ document }) => document),
  )
  bySite.set(id, { versions, rules })
  return rules
}

function makeRules(site: Site | undefined, all: readonly Pool[]): SiteRules {
  // A number in two pools: dynamic before static, then by id, so that every run decides alike.
  const pools = all.toSorted((a, b) => (a.kind === b.kind ? compareText(a.id, b.id) : a.kind === 'dynamic' ? -1 : 1))
  const byNumber = new Map<string, Pool>()
  for (const pool of pools)
    for (const number of pool.kind === 'email' ? [] : pool.numbers)
      if (!byNumber.has(number)) byNumber.set(number, pool)
  return {
    projects: site?.projects ?? [],
    target_call_seconds: site?.target_call_seconds ?? 30,
    repeat_lead_days: site?.repeat_lead_days ?? 90,
    pools: byNumber,
    replaced: new Set(pools.flatMap(({ kind, replaces }) => (kind === 'dynamic' ? replaces : []))),
    blocked: holds('blocked') ? blockedIdentifiers(site, pools) : new Set(),
  }
}

/** The company's own phones and emails, and all numbers it publishes: a call from one of them is no customer's. */
function blockedIdentifiers(site: Site | undefined, pools: readonly Pool[]): Set<string> {
  const blocked = new Set<string>()
  for (const text of site?.blocked ?? []) {
    const email = normalizeEmail(text)
    const phone = normalizePhone(text, site?.region ?? 'RU')
    if (email !== undefined) blocked.add(`email\n${email}`)
    else if (phone) blocked.add(`phone\n${phone.phone}`)
  }
  for (const { kind, numbers, replaces } of pools) {
    for (const number of [...numbers, ...replaces])
      blocked.add(kind === 'email' ? `email\n${normalizeEmail(number)}` : `phone\n${number}`)
  }
  return blocked
}
