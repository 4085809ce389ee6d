import { isUnder, plainHost, splitAddress } from './traffic/address.ts'
import type { ClickId } from './traffic/click-ids.ts'
import { channelOfMedium, sourceChannels, unpaidChannels } from './traffic/grouping.ts'
import { kindOfTag, siteOfApp, siteOfReferrer } from './traffic/known-sites.ts'
import { deliveryOf, mediumGroup } from './traffic/mediums.ts'
import type { SourceKind } from './traffic/site.ts'
import { readTags, type Tags } from './traffic/tags.ts'

/** Every channel a session can have, in the order reports list them. */
export const channels = [
  'direct',
  'internal',
  'organic_search',
  'paid_search',
  'organic_social',
  'paid_social',
  'organic_video',
  'paid_video',
  'organic_shopping',
  'paid_shopping',
  'display',
  'paid_other',
  'cross_network',
  'email',
  'messenger',
  'push',
  'sms',
  'referral',
  'recommendation',
  'maps',
  'affiliate',
  'audio',
  'ai_assistant',
  'offline',
] as const

export type Channel = (typeof channels)[number]

/** Where a page view came from, and which page it was. */
export interface Traffic {
  source: string
  medium: string
  campaign: string
  content: string
  term: string
  channel: Channel
  click_ids: Record<string, string>
  /** Empty when there is no referrer that can be read. */
  referrer_host: string
  page_host: string
  page_path: string
}

export interface Visit {
  url: string
  referrer: string
  /** The site's domains, and those it shares visitors with. */
  own_domains: readonly string[]
}

/**
 * Reads where a page view came from. Tags name source and medium, what they leave open is filled by a click id that
 * proves something, then by the referrer; a click id of an ad system makes paid what the tags call unpaid.
 */
export function classifyTraffic(visit: Visit): Traffic {
  const page = splitAddress(visit.url)
  const tags = readTags(page?.query ?? '', page?.fragment ?? '')
  const page_host = page?.host ?? ''
  const referred = readReferrer(visit, tags.referrer, page_host)
  const { source, medium, channel } = nameOrigin(tags, tags.click ? clicked(tags.click) : referred)
  return {
    source,
    medium,
    campaign: tags.campaign,
    content: tags.content,
    term: tags.term,
    channel,
    click_ids: tags.click_ids,
    referrer_host: referred.host,
    page_host,
    page_path: page?.path ?? '',
  }
}

/** The channel that source, medium and campaign stand for: the same for costs, leads and static numbers as for visits. */
export function channelOf(tags: { source: string; medium: string; campaign?: string }): Channel {
  const source = plainTag(tags.source)
  const medium = plainTag(tags.medium)
  if (source === '(internal)') return 'internal'
  if (source === '(direct)') return 'direct'
  const group = mediumGroup(medium)
  const campaign = tags.campaign ?? ''
  if ((source === '' || source === 'direct') && (medium === '' || group === 'none')) {
    return campaign === '' ? 'direct' : 'referral'
  }
  const kind = kindOfTag(source)
  if (group) return channelOfMedium(group, kind, campaign)
  if (kind) return sourceChannels[kind].unpaid
  return channelOfMedium(deliveryOf(source) ?? 'referral', undefined, campaign)
}

/** What an address itself says of where its visitors come from, in one spelling; undefined when it says nothing. */
export function taggedAs(url: string): { text: string; isClick: boolean } | undefined {
  const page = splitAddress(url)
  if (!page) return undefined
  const { source, medium, campaign, content, term, referrer, click_ids, click } = readTags(page.query, page.fragment)
  const clicks = Object.entries(click_ids).sort(([a], [b]) => (a < b ? -1 : 1))
  const said = [source, medium, campaign, content, term, referrer]
  if (clicks.length === 0 && said.every((one) => one === '')) return undefined
  return { text: JSON.stringify([said, clicks]), isClick: click !== undefined }
}

interface Origin {
  source: string
  medium: string
  channel: Channel
}

const direct: Origin & { host: string } = { source: '(direct)', medium: '(none)', channel: 'direct', host: '' }

function nameOrigin(tags: Tags, untagged: Origin): Origin {
  if (tags.source === '' && tags.medium === '' && tags.campaign === '') return untagged
  const isStarted = untagged.channel !== 'direct' && untagged.channel !== 'internal'
  const source = tags.source || (isStarted ? untagged.source : '(not set)')
  const medium = tags.medium || mediumFor(source, tags, untagged)
  const channel = channelOf({ source, medium, campaign: tags.campaign })
  if (tags.click?.proves !== 'paid') return { source, medium, channel }
  const isOpen = unpaidChannels.has(channel) || (tags.medium === '' && channel === 'paid_other')
  return { source, medium, channel: isOpen ? paidChannel(source, tags.click) : channel }
}

/** The medium of tags that name none. */
function mediumFor(source: string, tags: Tags, untagged: Origin): string {
  if (tags.click?.proves === 'paid') return tags.click.medium
  if (tags.source === '') return source === '(not set)' ? '(not set)' : untagged.medium
  const kind = kindOfTag(source)
  return kind ? sourceChannels[kind].medium : (deliveryOf(source) ?? 'referral')
}

function paidChannel(source: string, click: ClickId): Channel {
  const kind = kindOfTag(source) ?? kindOfTag(click.source)
  return kind ? sourceChannels[kind].paid : 'paid_other'
}

function clicked({ source, medium }: ClickId): Origin {
  return { source, medium, channel: channelOf({ source, medium }) }
}

/** A redirecting page hides the referrer behind its own address and keeps it in `utm_referrer`. */
function readReferrer(visit: Visit, kept: string, page_host: string): Origin & { host: string } {
  const seen = originOf(visit.referrer, page_host, visit.own_domains)
  if (kept === '' || (seen.channel !== 'direct' && seen.channel !== 'internal')) return seen
  const before = originOf(kept, page_host, visit.own_domains)
  return before.channel === 'direct' ? seen : before
}

const APP_SCHEME = 'android-app://'

function originOf(referrer: string, page_host: string, own_domains: readonly string[]): Origin & { host: string } {
  if (referrer === '') return direct
  if (referrer.startsWith(APP_SCHEME)) return originOfApp(referrer.slice(APP_SCHEME.length))
  const address = splitAddress(referrer)
  if (!address) return direct
  const { host, path } = address
  if (isOwn(host, page_host, own_domains)) return { source: '(internal)', medium: '(none)', channel: 'internal', host }
  const site = siteOfReferrer(host, path)
  if (site.kind === 'return') return { source: '(internal)', medium: '(none)', channel: 'internal', host }
  return originOfSite(site.source, site.kind, host)
}

function originOfApp(text: string): Origin & { host: string } {
  const name = text.split('/', 1)[0] as string
  const site = siteOfApp(name)
  if (site && site.kind !== 'return') return originOfSite(site.source, site.kind, name)
  return /^[\w.]{3,200}$/.test(name) ? originOfSite(name.toLowerCase(), undefined, name) : direct
}

function originOfSite(source: string, kind: SourceKind | undefined, host: string): Origin & { host: string } {
  const { medium, unpaid } = kind ? sourceChannels[kind] : { medium: 'referral', unpaid: 'referral' as const }
  return { source, medium, channel: unpaid, host }
}

function isOwn(host: string, page_host: string, own_domains: readonly string[]): boolean {
  if (host === page_host) return true
  return own_domains.some((domain) => isUnder(host, plainHost(domain)))
}

function plainTag(text: string): string {
  const plain = text.trim().toLowerCase()
  return plain === '(not set)' || plain === '(none)' ? '' : plain
}
