/** Where the visitors of a property developer come from, what each way costs, and how well it sells. */
export interface Way {
  weight: number
  /** How often a person who was here before comes back this way. */
  return_weight: number
  query: string
  referrer: string
  /** How much likelier than average its visitors are to ask and to buy. */
  quality: number
  /** What one click costs, in roubles; 0 for what is free or paid by the day. */
  click_cost: number
  /** A placement that costs the same every day, whoever comes. */
  day_cost?: number
  cost?: { source: string; medium: string; campaign: string }
}

const paid = (source: string, medium: string, campaign: string, click: string, click_cost: number) => ({
  query: `utm_source=${source}&utm_medium=${medium}&utm_campaign=${campaign}${click && `&${click}=`}`,
  cost: { source, medium, campaign },
  click_cost,
})

const placed = (source: string, medium: string, campaign: string, day_cost: number) => ({
  ...paid(source, medium, campaign, '', 0),
  day_cost,
})

const free = { query: '', click_cost: 0 }

const yandex = 'https://yandex.ru/'
const google = 'https://www.google.com/'

/** In the order: weight among first visits, weight among returns, what it is and costs, where from, how good. */
export const ways: readonly Way[] = [
  { weight: 9, return_weight: 14, ...paid('yandex', 'cpc', 'brand', 'yclid', 140), referrer: yandex, quality: 1.9 },
  {
    weight: 19,
    return_weight: 5,
    ...paid('yandex', 'cpc', 'new_flats_moscow', 'yclid', 1150),
    referrer: yandex,
    quality: 1.1,
  },
  {
    weight: 2,
    return_weight: 20,
    ...paid('yandex', 'cpm', 'retargeting', 'yclid', 210),
    referrer: '',
    quality: 0.8,
  },
  { weight: 8, return_weight: 2, ...paid('google', 'cpc', 'new_flats', 'gclid', 890), referrer: google, quality: 0.9 },
  {
    weight: 12,
    return_weight: 3,
    ...paid('vk', 'paid_social', 'spring_flats', 'rb_clickid', 260),
    referrer: 'https://vk.com/',
    quality: 0.35,
  },
  { weight: 6, return_weight: 1, ...placed('telegram', 'cpm', 'channel_posts', 3200), referrer: '', quality: 0.55 },
  {
    weight: 5,
    return_weight: 1,
    ...placed('cian', 'cpa', 'placement', 4900),
    referrer: 'https://cian.ru/',
    quality: 1.7,
  },
  { weight: 1.5, return_weight: 0.5, ...placed('billboard', 'outdoor', 'ring_road', 6800), referrer: '', quality: 0.7 },
  { weight: 17, return_weight: 8, ...free, referrer: 'https://yandex.ru/search/', quality: 1.2 },
  { weight: 7, return_weight: 3, ...free, referrer: google, quality: 1.1 },
  { weight: 2, return_weight: 1, ...free, referrer: 'https://2gis.ru/', quality: 1.2 },
  {
    weight: 0.5,
    return_weight: 5,
    query: 'utm_source=newsletter&utm_medium=email&utm_campaign=autumn',
    referrer: '',
    quality: 1.3,
    click_cost: 0,
  },
  { weight: 1, return_weight: 0.5, ...free, referrer: 'https://chatgpt.com/', quality: 1.2 },
  { weight: 10, return_weight: 36, ...free, referrer: '', quality: 1 },
]

export const agents = [
  {
    weight: 34,
    text: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 YaBrowser/25.10.0.0 Safari/537.36',
  },
  {
    weight: 26,
    text: 'Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36',
  },
  {
    weight: 24,
    text: 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1',
  },
  {
    weight: 10,
    text: 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15',
  },
  {
    weight: 6,
    text: 'Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1',
  },
] as const

/** Public addresses of large providers, so that the shipped geo database finds cities. */
export const addressPrefixes = [
  '95.165.12',
  '178.140.33',
  '5.228.80',
  '188.170.75',
  '94.25.170',
  '178.71.201',
  '92.255.180',
  '176.59.40',
] as const

export const estates = [
  { path: '/demo/north-shore', project: 'north-shore', price: 12_400_000 },
  { path: '/demo/green-hills', project: 'green-hills', price: 8_900_000 },
] as const
