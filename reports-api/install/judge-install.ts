import { scriptBlocked, sendingBlocked } from './evaluate-policy.ts'
import type { PagePhone } from './find-phones.ts'
import type { PageTag } from './find-tags.ts'

/** Everything that can be said of an installation, and how bad it is. The dashboard has the words. */
export const findingLevels = {
  page_unreachable: 'bad',
  page_status: 'bad',
  page_left: 'bad',
  page_not_html: 'bad',
  page_cut: 'warn',
  tag_found: 'good',
  tag_missing: 'bad',
  tag_maybe_in_gtm: 'warn',
  tag_other_site: 'bad',
  tag_twice: 'warn',
  tag_not_async: 'warn',
  tag_in_body: 'warn',
  tag_delayed: 'warn',
  tag_own_domain: 'good',
  script_current: 'good',
  script_stale: 'warn',
  script_unreachable: 'bad',
  script_status: 'bad',
  script_type: 'bad',
  script_foreign: 'bad',
  policy_none: 'good',
  policy_allows: 'good',
  policy_script: 'bad',
  policy_sending: 'bad',
  phones_none: 'warn',
  phones_swapped: 'good',
  phones_left: 'warn',
} as const

export type FindingCode = keyof typeof findingLevels

/** One thing found: `values` fill in the words. */
export interface Finding {
  code: FindingCode
  level: (typeof findingLevels)[FindingCode]
  values: Record<string, string>
}

/** What the address of a tag answered. */
export interface ScriptSeen {
  status: number
  type: string
  /** The site it is made for; undefined when it is no script of ours. */
  site: string | undefined
  is_current: boolean
}

export interface Install {
  site: string
  page: string
  /** All tags of ours, of whatever site. */
  tags: readonly PageTag[]
  has_tag_manager: boolean
  /** Of the first tag; a text says why it could not be had. */
  script: ScriptSeen | string | undefined
  policies: readonly string[]
  phones: readonly PagePhone[]
  has_pools: boolean
}

export function finding(code: FindingCode, values: Record<string, string> = {}): Finding {
  return { code, level: findingLevels[code], values }
}

/** What is right and wrong with an installation, in the order in which somebody would look. */
export function judgeInstall(install: Install): Finding[] {
  const { site, tags, has_tag_manager } = install
  const own = tags.filter((tag) => tag.site === null || tag.site === site)
  const others = tags.filter((tag) => tag.site !== null && tag.site !== site)
  const [tag] = own
  const missing = has_tag_manager ? 'tag_maybe_in_gtm' : 'tag_missing'
  return [
    ...(tag ? judgeTag(tag, own) : [finding(missing)]),
    ...others.map(({ site: key }) => finding('tag_other_site', { key: key ?? '' })),
    ...(tag ? judgeScript(tag, site, install.script) : []),
    ...(tag ? judgePolicies(tag, install) : []),
    ...judgePhones(install),
  ]
}

function judgeTag(tag: PageTag, own: readonly PageTag[]): Finding[] {
  return [
    finding('tag_found', { address: tag.address }),
    ...(own.length > 1 ? [finding('tag_twice', { count: String(own.length) })] : []),
    ...(tag.is_delayed ? [finding('tag_delayed')] : []),
    ...(tag.is_async || tag.is_delayed ? [] : [finding('tag_not_async')]),
    ...(tag.place === 'body' ? [finding('tag_in_body')] : []),
    ...(tag.is_own_domain ? [finding('tag_own_domain')] : []),
  ]
}

function judgeScript({ address }: PageTag, site: string, script: Install['script']): Finding[] {
  if (script === undefined) return []
  if (typeof script === 'string') return [finding('script_unreachable', { address, reason: script })]
  const { status, type } = script
  if (status !== 200) return [finding('script_status', { address, status: String(status) })]
  if (!/javascript|ecmascript/i.test(type)) return [finding('script_type', { address, type })]
  if (script.site !== site) return [finding('script_foreign', { address, key: script.site ?? '' })]
  return [finding(script.is_current ? 'script_current' : 'script_stale')]
}

function judgePolicies(tag: PageTag, { page, policies }: Install): Finding[] {
  if (policies.length === 0) return [finding('policy_none')]
  // Where facts go when nothing says otherwise: beside the script, or beside its folder when that is called `t`.
  const facts = new URL(tag.site === null ? 'v1/events' : '../v1/events', tag.address).href
  const blocked = policies.flatMap((policy) => {
    const [script, sending] = [scriptBlocked(policy, tag.address, page, tag.nonce), sendingBlocked(policy, facts, page)]
    return [
      ...(script ? [finding('policy_script', { ...script })] : []),
      ...(sending ? [finding('policy_sending', { ...sending })] : []),
    ]
  })
  return blocked.length > 0 ? blocked : [finding('policy_allows')]
}

/** A site without pools has no call tracking: its phones are nobody's concern. */
function judgePhones({ phones, has_pools }: Install): Finding[] {
  if (!has_pools) return []
  const swapped = phones.filter(({ pool }) => pool !== null)
  const left = phones.filter(({ pool, is_tracked }) => pool === null && !is_tracked)
  return [
    ...(phones.length === 0 ? [finding('phones_none')] : []),
    ...(swapped.length > 0 ? [finding('phones_swapped', { phones: listOf(swapped) })] : []),
    ...(left.length > 0 ? [finding('phones_left', { phones: listOf(left) })] : []),
  ]
}

function listOf(phones: readonly PagePhone[]): string {
  return phones.map(({ phone }) => phone).join(', ')
}
