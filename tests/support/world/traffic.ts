import { classifyTraffic, type Traffic } from '#domain/channel.ts'
import type { Chance } from './chance.ts'

/** How somebody came to a page. */
export interface Arrival {
  url: string
  referrer: string
  traffic: Traffic
}

interface Origin {
  query: (click: string) => string
  referrer: string
}

const none = () => ''
const tagged = (tags: string, click = '') => {
  return (id: string) => `?${tags}${click === '' ? '' : `&${click}=${id}`}`
}

const origins: Record<string, Origin> = {
  yandex_brand: {
    query: tagged('utm_source=yandex&utm_medium=cpc&utm_campaign=brand', 'yclid'),
    referrer: 'https://yandex.ru/',
  },
  yandex_flats: {
    query: tagged('utm_source=yandex&utm_medium=cpc&utm_campaign=flats&utm_term=buy', 'yclid'),
    referrer: 'https://yandex.ru/',
  },
  yandex_autotag: { query: (click) => `?yclid=${click}`, referrer: 'https://yandex.ru/' },
  google: {
    query: tagged('utm_source=google&utm_medium=cpc&utm_campaign=search', 'gclid'),
    referrer: 'https://www.google.com/',
  },
  yandex_organic: { query: (click) => `?ysclid=${click}`, referrer: 'https://yandex.ru/' },
  google_organic: { query: none, referrer: 'https://www.google.com/' },
  vk_ads: { query: tagged('utm_source=vk&utm_medium=cpc&utm_campaign=lookalike'), referrer: '' },
  vk: { query: none, referrer: 'https://vk.com/' },
  telegram: { query: tagged('utm_source=telegram&utm_medium=messenger&utm_campaign=channel'), referrer: '' },
  mailing: { query: tagged('utm_source=mailing&utm_medium=email&utm_campaign=digest'), referrer: '' },
  partner: { query: none, referrer: 'https://realty-partner.ru/catalog' },
  direct: { query: none, referrer: '' },
}

const first = {
  ...{ yandex_brand: 10, yandex_flats: 20, yandex_autotag: 5, google: 8, yandex_organic: 16, google_organic: 12 },
  ...{ vk_ads: 8, vk: 3, telegram: 3, mailing: 0, partner: 4, direct: 11 },
}
const later = { ...first, yandex_brand: 16, direct: 35, mailing: 8 }

const paths = ['/', '/flats', '/flats/2-rooms', '/mortgage', '/houses', '/contacts', '/about']

/** Where a visit comes from: those who have been here come more often by themselves, and by what they were sent. */
export function arrive(chance: Chance, site: string, isFirst: boolean): Arrival {
  const { query, referrer } = origins[chance.weighted(isFirst ? first : later)] as Origin
  const click = String(Math.floor(chance.next() * 1e15))
  return makeArrival(site, `${chance.pick(paths)}${query(click)}`, referrer)
}

/** A page reached from another of the same site. */
export function nextPage(chance: Chance, site: string): Arrival {
  return makeArrival(site, chance.pick(paths), `https://${site}.example/`)
}

/** A page that is opened by itself. */
export function openAgain(chance: Chance, site: string): Arrival {
  return makeArrival(site, chance.pick(paths), '')
}

function makeArrival(site: string, path: string, referrer: string): Arrival {
  const url = `https://${site}.example${path}`
  return { url, referrer, traffic: classifyTraffic({ url, referrer, own_domains: [`${site}.example`] }) }
}
