import { describe, expect, test } from 'vitest'
import { classifyTraffic } from '#domain/channel.ts'
import { MINUTE, page, START_MS as T } from '#tests/support/matching-world.ts'
import { cutSessions } from './cut-sessions.ts'

const own_domains = ['shop.example', 'xn--80aswg.xn--p1ai', 'pay-for-shop.example']

/** A page as a browser tells of it: the minute, the address, and the page before, if any. */
type Told = [minute: number, url: string, referrer?: string]

/** The sessions that the pages of one visitor make, from what the addresses say: `source / medium, pages`. */
function sessionsOf(told: readonly Told[]): string[] {
  const events = told.map(([minute, url, referrer = ''], row) => {
    const { page_host: _, page_path: __, ...traffic } = classifyTraffic({ url, referrer, own_domains })
    const event = page({
      id: `e${row}`,
      at: T + minute * MINUTE,
      visitor: 'v1',
      session: 's1',
      url,
      referrer,
      ...traffic,
    })
    return { ...event, node: 'n', table: 'events' as const, segment: 0, row }
  })
  return cutSessions(events, { session: 's1', projects: [] }).map(
    ({ source, medium, channel, pages }) => `${source} / ${medium} / ${channel}: ${pages}`,
  )
}

const home = 'https://shop.example/'
const ad = `${home}?utm_source=yandex&utm_medium=cpc&utm_campaign=brand&yclid=1`
const paid = (pages: number) => `yandex / cpc / paid_search: ${pages}`
const direct = (pages: number) => `(direct) / (none) / direct: ${pages}`

describe('the visits that pages make', () => {
  test.each<[string, Told[], string[]]>([
    [
      'one over own hosts, subdomains and domains that belong together',
      [
        [0, ad],
        [1, 'https://www.shop.example/b', home],
        [2, 'https://lk.shop.example/', 'https://www.shop.example/b'],
        [3, 'https://pay-for-shop.example/cart', 'https://lk.shop.example/'],
        [4, `${home}thanks`, 'https://pay-for-shop.example/cart'],
        [5, 'https://сайт.рф/', home],
        [6, home, 'https://xn--80aswg.xn--p1ai/'],
      ],
      [paid(7)],
    ],
    [
      'one over http and ports',
      [
        [0, ad],
        [1, `${home}a`, 'http://shop.example:8080/'],
      ],
      [paid(2)],
    ],
    [
      'two where a host only ends like an own one',
      [
        [0, ad],
        [1, home, 'https://notshop.example/'],
      ],
      [paid(1), 'notshop.example / referral / referral: 1'],
    ],
    [
      'one over a payment',
      [
        [0, ad],
        [5, `${home}thanks`, 'https://yookassa.ru/checkout'],
        [6, `${home}lk`, 'https://3dsec.sberbank.ru/'],
      ],
      [paid(3)],
    ],
    [
      'one over a sign-in',
      [
        [0, home],
        [1, `${home}lk`, 'https://accounts.google.com/'],
      ],
      [direct(2)],
    ],
    [
      'a payment of more than half an hour begins one that nobody brought',
      [
        [0, ad],
        [31, `${home}thanks`, 'https://yookassa.ru/checkout'],
      ],
      [paid(1), '(internal) / (none) / internal: 1'],
    ],
    [
      'a direct page starts nothing while a visit lives',
      [
        [0, ad],
        [10, home],
        [39, `${home}b`],
      ],
      [paid(3)],
    ],
    [
      'a direct page starts one after silence',
      [
        [0, ad],
        [31, home],
      ],
      [paid(1), direct(1)],
    ],
    [
      'a search starts one, and the same search again does not',
      [
        [0, ad],
        [1, home, 'https://www.google.com/'],
        [2, `${home}b`, 'https://www.google.com/'],
        [3, home, 'https://ya.ru/'],
      ],
      [paid(1), 'google / organic / organic_search: 2', 'yandex / organic / organic_search: 1'],
    ],
    [
      'a search by its click id starts one, whatever the referrer',
      [
        [0, ad],
        [1, `${home}?ysclid=m1`, home],
      ],
      [paid(1), 'yandex / organic / organic_search: 1'],
    ],
    [
      'a campaign starts one, from within the site too',
      [
        [0, ad],
        [1, `${home}?utm_source=news&utm_medium=email`, home],
      ],
      [paid(1), 'news / email / email: 1'],
    ],
    [
      'empty tags and placeholders start none',
      [
        [0, ad],
        [1, `${home}?utm_source=&utm_medium={medium}&utm_campaign=`, home],
      ],
      [paid(2)],
    ],
    [
      'a landing that is loaded again starts none',
      [
        [0, ad],
        [1, ad],
        [2, `${ad}#form`],
        [3, ad, home],
      ],
      [paid(4)],
    ],
    [
      'pages that keep the tags of the landing start none',
      [
        [0, ad],
        [1, ad.replace('/?', '/b?'), ad],
        [2, ad.replace('/?', '/c?'), ad],
      ],
      [paid(3)],
    ],
    [
      'pages that keep half a tag start none',
      [
        [0, `${home}?utm_campaign=spring`, 'https://www.google.com/'],
        [1, `${home}b?utm_campaign=spring`, home],
      ],
      ['google / organic / organic_search: 2'],
    ],
    [
      'a click id that stands twice in an address is one click',
      [
        [0, `${home}?gclid=a&gclid=b&gbraid=c`],
        [1, `${home}?gclid=a&gbraid=c`],
      ],
      ['google / cpc / paid_search: 2'],
    ],
    [
      'a second click on the same ad starts one, going back to the first does not',
      [
        [0, ad],
        [1, ad.replace('yclid=1', 'yclid=2')],
        [2, ad],
      ],
      [paid(1), paid(2)],
    ],
    [
      'the mark of a social network proves nothing within the site',
      [
        [0, `${home}?fbclid=1`, 'https://l.facebook.com/'],
        [1, `${home}b?fbclid=1`, home],
        [2, `${home}?fbclid=1`],
      ],
      ['facebook / social / organic_social: 3'],
    ],
    [
      'what a redirecting page kept counts once',
      [
        [0, `${home}?utm_referrer=https%3A%2F%2Fvk.com%2F`, home],
        [1, `${home}b`, `${home}?utm_referrer=https%3A%2F%2Fvk.com%2F`],
        [2, `${home}?utm_referrer=https%3A%2F%2Fvk.com%2F`, home],
      ],
      ['vk / social / organic_social: 3'],
    ],
    [
      'an application is where it comes from',
      [
        [0, home, 'android-app://org.telegram.messenger/'],
        [1, `${home}b`, home],
      ],
      ['telegram / messenger / messenger: 2'],
    ],
    [
      'offline, by the tags of a printed code',
      [
        [0, `${home}?utm_source=flyer&utm_medium=qr`],
        [1, `${home}b`, home],
      ],
      ['flyer / qr / offline: 2'],
    ],
  ])('%s', (_, told, sessions) => {
    expect(sessionsOf(told)).toEqual(sessions)
  })
})
