import { LRUCache } from 'lru-cache'

/** What a medium says about the way somebody came. The first five are paid, and what kind of site was paid decides the channel. */
export type MediumGroup =
  | 'cpc'
  | 'cpm'
  | 'cpa'
  | 'paid_social'
  | 'paid_search'
  | 'paid_video'
  | 'paid_shopping'
  | 'cross_network'
  | 'display'
  | 'affiliate'
  | 'organic'
  | 'search'
  | 'referral'
  | 'social'
  | 'post'
  | 'video'
  | 'shopping'
  | 'email'
  | 'sms'
  | 'push'
  | 'messenger'
  | 'recommendation'
  | 'maps'
  | 'audio'
  | 'ai_assistant'
  | 'offline'
  | 'internal'
  | 'none'

const CACHE_MAX = 5_000

const cache = new LRUCache<string, MediumGroup | 'unknown'>({ max: CACHE_MAX })

/** The group of a medium in lower case, also of one put together: `cpc_search`, `email-newsletter`; undefined when it says nothing. */
export function mediumGroup(medium: string): MediumGroup | undefined {
  const known = words.get(medium)
  if (known || medium === '') return known
  let group = cache.get(medium)
  if (group === undefined) {
    group = groupOfParts(medium) ?? 'unknown'
    cache.set(medium, group)
  }
  return group === 'unknown' ? undefined : group
}

/** Ways of delivery that people also write as a source: `utm_source=newsletter` and no medium. */
export function deliveryOf(source: string): MediumGroup | undefined {
  const group = words.get(source)
  return group && deliveries.has(group) ? group : undefined
}

const deliveries: ReadonlySet<MediumGroup> = new Set([
  'email',
  'sms',
  'push',
  'messenger',
  'audio',
  'offline',
  'affiliate',
])

const separators = /[^\p{L}\p{N}]+/u

function groupOfParts(medium: string): MediumGroup | undefined {
  const groups = medium.split(separators).flatMap((part) => words.get(part) ?? [])
  const payment = groups.find((group) => group === 'cpc' || group === 'cpm' || group === 'cpa')
  if (!payment) return groups[0]
  for (const group of groups) {
    const paid = paidForms.get(group)
    if (paid) return paid
  }
  return payment
}

/** «paid» and «social» together are paid social. */
const paidForms = new Map<MediumGroup, MediumGroup>([
  ['social', 'paid_social'],
  ['search', 'paid_search'],
  ['video', 'paid_video'],
  ['shopping', 'paid_shopping'],
  ['display', 'display'],
  ['affiliate', 'affiliate'],
])

const lists: Record<MediumGroup, string> = {
  cpc: 'cpc ppc paid payed cpo cpl cps cpcv ads ad adv advert advertising реклама context контекст контекстная adwords direct_ads yandex_direct boost promo_paid',
  cpm: 'cpm vcpm retargeting remarketing ретаргетинг ремаркетинг retarget',
  cpa: 'cpa',
  paid_social:
    'paidsocial paid_social paid-social socialpaid smm_paid target targeting таргет таргетинг targeted influencer influencers blogger bloggers блогер posev posevy посев посевы telegram_ads',
  paid_search: 'paidsearch paid_search paid-search sem search_ads searchads',
  paid_video: 'paidvideo paid_video paid-video cpv preroll pre-roll instream olv videoads video_ads',
  paid_shopping:
    'paidshopping paid_shopping paid-shopping pla shopping_ads product_listing product_ads smart_banner_shopping',
  cross_network: 'cross-network cross_network crossnetwork pmax performance_max performancemax performance-max',
  display:
    'display banner banners баннер expandable interstitial media медийка native нативка teaser тизер rsya рся kms кмс gdn programmatic rtb network display_ads branding fullscreen popup',
  affiliate:
    'affiliate affiliates affiliation aff partner partners партнер партнёр партнеры партнерка partnership cpa_network',
  organic: 'organic seo free natural органика',
  search: 'search',
  referral: 'referral ref refferal link links app website site статья article pr пиар',
  social:
    'social socials social-network social_network socialnetwork social-media social_media socialmedia sm smm соцсети organic_social organicsocial organic-social',
  post: 'post posts пост story stories сторис reels group group_post wall community bio channel',
  video: 'video videos видео organic_video shorts',
  shopping: 'shopping organic_shopping marketplace маркетплейс price catalog_feed feed classifieds',
  email:
    'email emails e-mail e_mail e.mail mail mailing newsletter newsletters digest рассылка почта rassylka rassilka trigger triggers triggered signature',
  sms: 'sms смс text_message mms',
  push: 'push webpush web-push web_push mobile_push notification notifications push-notification push_notification browser_push пуш',
  messenger:
    'messenger messengers мессенджер whatsapp viber telegram chat chatbot chat_bot chat-bot bot бот wa tg im wapp',
  recommendation: 'recommendation recommendations recommend recommender discover zen дзен feed_recommendation',
  maps: 'map maps geo карты карта gmb gbp local geoservice',
  audio: 'audio аудио podcast podcasts подкаст',
  ai_assistant: 'ai ai_assistant ai-assistant ai_search llm chatgpt нейросеть',
  offline:
    'offline офлайн оффлайн qr qrcode qr-code qr_code tv тв radio радио outdoor ooh dooh billboard billboards наружка наружная print press газета журнал flyer flyers leaflet листовка листовки визитка sticker booklet buklet буклет event events exhibition выставка street direct_mail call callcenter phone',
  internal: 'internal onsite внутренний',
  none: '(none) none direct (direct) typein',
}

const words: ReadonlyMap<string, MediumGroup> = new Map(
  (Object.entries(lists) as [MediumGroup, string][]).flatMap(([group, list]) =>
    list.split(' ').map((word): [string, MediumGroup] => [word, group]),
  ),
)
