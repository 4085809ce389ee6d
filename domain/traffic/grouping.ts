import type { Channel } from '../channel.ts'
import type { MediumGroup } from './mediums.ts'
import type { SourceKind } from './site.ts'

interface SourceChannels {
  /** The medium of a visit that came from such a site without tags. */
  medium: string
  unpaid: Channel
  paid: Channel
}

/** What a visit from each kind of site counts as, unpaid and paid. */
export const sourceChannels: Readonly<Record<SourceKind, SourceChannels>> = {
  search: { medium: 'organic', unpaid: 'organic_search', paid: 'paid_search' },
  social: { medium: 'social', unpaid: 'organic_social', paid: 'paid_social' },
  // Advertising in Telegram is bought and compared with that of social networks.
  messenger: { medium: 'messenger', unpaid: 'messenger', paid: 'paid_social' },
  video: { medium: 'video', unpaid: 'organic_video', paid: 'paid_video' },
  shopping: { medium: 'referral', unpaid: 'organic_shopping', paid: 'paid_shopping' },
  email: { medium: 'email', unpaid: 'email', paid: 'paid_other' },
  maps: { medium: 'maps', unpaid: 'maps', paid: 'paid_other' },
  ai_assistant: { medium: 'referral', unpaid: 'ai_assistant', paid: 'paid_other' },
  recommendation: { medium: 'recommendation', unpaid: 'recommendation', paid: 'display' },
  affiliate: { medium: 'affiliate', unpaid: 'affiliate', paid: 'affiliate' },
  audio: { medium: 'audio', unpaid: 'audio', paid: 'audio' },
  display: { medium: 'display', unpaid: 'display', paid: 'display' },
}

/** The kinds of site that a price per view, or per action, does not move to banners or affiliates. */
const cpmKinds: ReadonlySet<SourceKind> = new Set(['social', 'messenger', 'video', 'shopping', 'audio'])
const cpaKinds: ReadonlySet<SourceKind> = new Set(['search', 'social', 'messenger', 'video', 'shopping'])

/** The channel of a medium on a kind of source; an unknown source has no kind. */
export function channelOfMedium(group: MediumGroup, kind: SourceKind | undefined, campaign: string): Channel {
  const site = kind && sourceChannels[kind]
  switch (group) {
    case 'cpc':
      return channelOfCampaign(campaign, kind) ?? site?.paid ?? 'paid_other'
    case 'cpm':
      return kind && cpmKinds.has(kind) ? sourceChannels[kind].paid : 'display'
    case 'cpa':
      return kind && cpaKinds.has(kind) ? sourceChannels[kind].paid : 'affiliate'
    case 'organic':
    case 'search':
      return site?.unpaid ?? 'organic_search'
    case 'referral':
    case 'none':
      return site?.unpaid ?? 'referral'
    case 'post':
      return site?.unpaid ?? 'organic_social'
    case 'social':
      return 'organic_social'
    case 'video':
      return 'organic_video'
    case 'shopping':
      return 'organic_shopping'
    default:
      return group
  }
}

const crossNetwork = /(?:^|[^a-z])(?:p-?max|performance[ _-]?max|cross[ _-]?network)(?:[^a-z]|$)/i
const shopping = /(?:^|[^a-z])shopping(?:[^a-z]|$)/i

/** Campaigns of search engines that run elsewhere too say so only in their name. */
function channelOfCampaign(campaign: string, kind: SourceKind | undefined): Channel | undefined {
  if (campaign === '' || kind !== 'search') return undefined
  if (crossNetwork.test(campaign)) return 'cross_network'
  return shopping.test(campaign) ? 'paid_shopping' : undefined
}

/** Channels that a click id of an ad system turns into their paid siblings. The others name a way of delivery of their own. */
export const unpaidChannels: ReadonlySet<Channel> = new Set([
  'direct',
  'internal',
  'referral',
  'organic_search',
  'organic_social',
  'organic_video',
  'organic_shopping',
])
