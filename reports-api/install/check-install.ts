import { AddressRefused, type Outbound, type OutboundAnswer } from '#shell/outbound.ts'
import type { Pool, Site } from '#storage/settings/documents.ts'
import { splitPolicies } from './evaluate-policy.ts'
import { findPhones, type PagePhone } from './find-phones.ts'
import { findCandidates, findTags, hasTagManager, type PageTag, siteInScript } from './find-tags.ts'
import { type Finding, finding, judgeInstall, type ScriptSeen } from './judge-install.ts'
import { isOfSite } from './of-site.ts'
import { type PageRead, readPage } from './read-page.ts'

const PAGE_BYTES_MAX = 2 * 1024 * 1024
const SCRIPT_BYTES_MAX = 256 * 1024
const TIMEOUT_MS = 10_000
const REDIRECTS_MAX = 3

export interface CheckDeps {
  outbound: Outbound
  /** The script of the site as it is served now; undefined where this process serves none. */
  currentScript(site: string): Promise<string | undefined>
}

export interface InstallCheck {
  /** Where the page was in the end. */
  url: string
  status: number | null
  findings: Finding[]
  tags: PageTag[]
  phones: PagePhone[]
}

/** Looks at a page of a site as its visitors' browsers get it, and says what is right and wrong with the tag on it. */
export async function checkInstall(
  { site, pools, url }: { site: Site; pools: readonly Pool[]; url: string },
  deps: CheckDeps,
): Promise<InstallCheck> {
  const got = await fetchPage(deps.outbound, url, site)
  if ('findings' in got) return { status: null, tags: [], phones: [], ...got }
  const { answer, url: address } = got
  const type = headerOf(answer, 'content-type')
  const nothing = { url: address, status: answer.status, tags: [], phones: [] }
  if (answer.status !== 200)
    return { ...nothing, findings: [finding('page_status', { status: String(answer.status) })] }
  if (!/html/i.test(type)) return { ...nothing, findings: [finding('page_not_html', { type })] }

  const page = readPage(answer.body, address)
  const { tags, script } = await findOurs(page, address, site, deps)
  const phones = findPhones(page, site.region, pools)
  const findings = judgeInstall({
    ...{ site: site.id, page: address, tags, script, phones },
    has_tag_manager: hasTagManager(page),
    policies: splitPolicies([headerOf(answer, 'content-security-policy'), ...page.policies]),
    has_pools: pools.some(({ replaces }) => replaces.length > 0),
  })
  const cut = answer.is_cut ? [finding('page_cut', { bytes: String(PAGE_BYTES_MAX) })] : []
  return { ...nothing, tags, phones, findings: [...cut, ...findings] }
}

/** Follows redirects by hand: each step must lead to the site again, and goes through the door anew. */
async function fetchPage(
  outbound: Outbound,
  first: string,
  site: Site,
): Promise<{ url: string; answer: OutboundAnswer } | { url: string; findings: Finding[] }> {
  let url = first
  for (let steps = 0; steps <= REDIRECTS_MAX; steps++) {
    const answer = await fetchText(outbound, url, PAGE_BYTES_MAX)
    if (typeof answer === 'string') return { url, findings: [finding('page_unreachable', { reason: answer })] }
    const location = headerOf(answer, 'location')
    if (answer.status < 300 || answer.status > 399 || location === '') return { url, answer }
    if (!URL.canParse(location, url)) return { url, answer }
    const next = new URL(location, url)
    if (!isOfSite(next, site)) return { url, findings: [finding('page_left', { address: next.origin })] }
    url = next.href
  }
  return { url, findings: [finding('page_unreachable', { reason: 'redirects' })] }
}

/** The tags on a page, and what the first one's address answers. */
async function findOurs(
  page: PageRead,
  address: string,
  site: Site,
  deps: CheckDeps,
): Promise<{ tags: PageTag[]; script: ScriptSeen | string | undefined }> {
  const tags = findTags(page, address)
  const own = tags.find((tag) => tag.site === null || tag.site === site.id)
  if (own) return { tags, script: await fetchScript(own.address, site.id, deps) }
  for (const candidate of findCandidates(page, address)) {
    const script = await fetchScript(candidate.address, site.id, deps)
    if (typeof script !== 'string' && script.site === site.id) return { tags: [...tags, candidate], script }
  }
  return { tags, script: undefined }
}

async function fetchScript(address: string, site: string, deps: CheckDeps): Promise<ScriptSeen | string> {
  const answer = await fetchText(deps.outbound, address, SCRIPT_BYTES_MAX)
  if (typeof answer === 'string') return answer
  const current = await deps.currentScript(site)
  return {
    status: answer.status,
    type: headerOf(answer, 'content-type'),
    site: siteInScript(answer.body),
    is_current: current === undefined || answer.body.trim() === current.trim(),
  }
}

/** An answer, or in a word why there is none: the dashboard has a sentence for each. */
async function fetchText(outbound: Outbound, url: string, body_bytes_max: number): Promise<OutboundAnswer | string> {
  const headers = { 'user-agent': 'Throughline install check', accept: '*/*' }
  try {
    return await outbound.send({ method: 'GET', url, headers, timeout_ms: TIMEOUT_MS, body_bytes_max })
  } catch (error) {
    return reasonOf(error)
  }
}

function reasonOf(error: unknown): string {
  const { cause = error } = error as { cause?: unknown }
  if (error instanceof AddressRefused || cause instanceof AddressRefused) return 'private'
  const { name = '', code = '' } = cause as { name?: string; code?: string }
  if (name === 'TimeoutError' || code.includes('TIMEOUT')) return 'timeout'
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'unknown_host'
  return /CERT|TLS|SSL|SELF_SIGNED|ALTNAME/.test(code) ? 'certificate' : 'refused'
}

function headerOf({ headers }: OutboundAnswer, name: string): string {
  return [headers[name] ?? ''].flat().join(', ')
}
