/** Where the visitors of a property developer come from, what each way costs, and how well it sells. */
export interface Way {
  weight: number
  query: string
  referrer: string
  /** How much likelier than average its visitors are to buy. */
  quality: number
  /** What one click costs, in roubles; 0 for what is free. */
  click_cost: number
  cost?: { source: string; medium: string; campaign: string }
}

const paid = (source: string, medium: string, campaign: string, click: string, click_cost: number) => ({
  query: `utm_source=${source}&utm_medium=${medium}&utm_campaign=${campaign}&${click}=`,
  cost: { source, medium, campaign },
  click_cost,
})

export const ways: readonly Way[] = [
  { weight: 16, ...paid('yandex', 'cpc', 'brand', 'yclid', 24), referrer: 'https://yandex.ru/', quality: 2.2 },
  {
    weight: 18,
    ...paid('yandex', 'cpc', 'new_flats_moscow', 'yclid', 118),
    referrer: 'https://yandex.ru/',
    quality: 1.2,
  },
  { weight: 9, ...paid('yandex', 'cpc', 'rsya_retargeting', 'yclid', 31), referrer: '', quality: 0.8 },
  { weight: 7, ...paid('google', 'cpc', 'new_flats', 'gclid', 96), referrer: 'https://www.google.com/', quality: 1.0 },
  {
    weight: 8,
    ...paid('vk', 'paid_social', 'spring_flats', 'rb_clickid', 42),
    referrer: 'https://vk.com/',
    quality: 0.5,
  },
  { weight: 5, ...paid('telegram', 'cpm', 'channel_posts', 'from', 55), referrer: '', quality: 0.7 },
  { weight: 14, query: '', referrer: 'https://yandex.ru/search/', quality: 1.3, click_cost: 0 },
  { weight: 6, query: '', referrer: 'https://www.google.com/', quality: 1.1, click_cost: 0 },
  { weight: 4, query: '', referrer: 'https://cian.ru/', quality: 1.8, click_cost: 0 },
  {
    weight: 2,
    query: 'utm_source=newsletter&utm_medium=email&utm_campaign=autumn',
    referrer: '',
    quality: 1.4,
    click_cost: 0,
  },
  { weight: 1, query: '', referrer: 'https://chatgpt.com/', quality: 1.2, click_cost: 0 },
  { weight: 10, query: '', referrer: '', quality: 1.0, click_cost: 0 },
]

export const direct: Way = { weight: 1, query: '', referrer: '', quality: 1, click_cost: 0 }

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

export const managers = ['Anna', 'Boris', 'Vera', 'Gleb'] as const
export const lossReasons = ['too expensive', 'bought elsewhere', 'mortgage refused', 'cannot be reached'] as const
