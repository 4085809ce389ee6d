import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { channelOf, channels, classifyTraffic, taggedAs } from './channel.ts'
import { otherSites } from './traffic/other-sites.ts'
import { returnHosts } from './traffic/returns.ts'
import { searchEngines } from './traffic/search-engines.ts'
import { socialSites } from './traffic/social-sites.ts'

const own_domains = ['shop.example', 'пример.рф']

function classify(query: string, referrer: string) {
  return classifyTraffic({ url: `https://shop.example/flats${query}`, referrer, own_domains })
}

function summary(query: string, referrer: string): string {
  const { source, medium, channel } = classify(query, referrer)
  return `${source} / ${medium} / ${channel}`
}

const byReferrer: [referrer: string, expected: string][] = [
  ['', '(direct) / (none) / direct'],
  ['about:blank', '(direct) / (none) / direct'],
  ['nonsense', '(direct) / (none) / direct'],
  ['http://', '(direct) / (none) / direct'],
  ['https://shop.example/', '(internal) / (none) / internal'],
  ['https://m.shop.example/a', '(internal) / (none) / internal'],
  ['https://xn--e1afmkfd.xn--p1ai/', '(internal) / (none) / internal'],
  ['https://www.пример.рф/', '(internal) / (none) / internal'],
  ['https://notshop.example/', 'notshop.example / referral / referral'],
  ['https://yandex.ru/', 'yandex / organic / organic_search'],
  ['https://www.yandex.ru/search/?text=1', 'yandex / organic / organic_search'],
  ['https://m.yandex.kz/', 'yandex / organic / organic_search'],
  ['https://yandex.com.tr/', 'yandex / organic / organic_search'],
  ['https://ya.ru/', 'yandex / organic / organic_search'],
  ['https://yandex.ru/clck/jsredir?from=yandex.ru', 'yandex / organic / organic_search'],
  ['https://yandex.ru/maps/213/moscow/', 'yandex_maps / maps / maps'],
  ['https://yandex.by/maps', 'yandex_maps / maps / maps'],
  ['https://maps.yandex.ru/', 'yandex_maps / maps / maps'],
  ['https://yandex.ru/products/search', 'yandex_market / referral / organic_shopping'],
  ['https://alice.yandex.ru/', 'alice / referral / ai_assistant'],
  ['https://yandex.ru/alice/chat', 'alice / referral / ai_assistant'],
  ['https://an.yandex.ru/count', 'yandex / display / display'],
  ['https://disk.yandex.ru/', 'disk.yandex.ru / referral / referral'],
  ['https://notyandex.ru/', 'notyandex.ru / referral / referral'],
  ['https://yandex.ru.evil.example/', 'yandex.ru.evil.example / referral / referral'],
  ['https://www.google.com/', 'google / organic / organic_search'],
  ['https://google.de/', 'google / organic / organic_search'],
  ['https://www.google.co.uk/url?q=x', 'google / organic / organic_search'],
  ['https://www.google.com.ua/', 'google / organic / organic_search'],
  ['https://www.google.com/maps/place/x', 'google_maps / maps / maps'],
  ['https://maps.google.com/', 'google_maps / maps / maps'],
  ['https://news.google.com/', 'google_news / recommendation / recommendation'],
  ['https://docs.google.com/document/1', 'docs.google.com / referral / referral'],
  ['https://mail.google.com/mail/u/0', 'gmail / email / email'],
  ['https://gemini.google.com/app', 'gemini / referral / ai_assistant'],
  ['https://tpc.googlesyndication.com/', 'google / display / display'],
  ['android-app://com.google.android.googlequicksearchbox/', 'google / organic / organic_search'],
  ['android-app://org.telegram.messenger/', 'telegram / messenger / messenger'],
  ['android-app://com.vkontakte.android', 'vk / social / organic_social'],
  ['android-app://com.google.android.gm/', 'gmail / email / email'],
  ['android-app://com.unknown.App', 'com.unknown.app / referral / referral'],
  ['android-app://', '(direct) / (none) / direct'],
  ['https://go.mail.ru/search', 'mailru / organic / organic_search'],
  ['https://my.mail.ru/', 'moymir / social / organic_social'],
  ['https://e.mail.ru/inbox', 'mailru_mail / email / email'],
  ['https://www.bing.com/', 'bing / organic / organic_search'],
  ['https://www.bing.com/chat', 'copilot / referral / ai_assistant'],
  ['https://duckduckgo.com/', 'duckduckgo / organic / organic_search'],
  ['https://nova.rambler.ru/', 'rambler / organic / organic_search'],
  ['https://r.search.yahoo.com/', 'yahoo / organic / organic_search'],
  ['https://www.baidu.com/', 'baidu / organic / organic_search'],
  ['https://search.naver.com/', 'naver / organic / organic_search'],
  ['https://www.ecosia.org/', 'ecosia / organic / organic_search'],
  ['https://search.brave.com/', 'brave / organic / organic_search'],
  ['https://www.qwant.com/', 'qwant / organic / organic_search'],
  ['https://search.seznam.cz/', 'seznam / organic / organic_search'],
  ['https://vk.com/wall-1_2', 'vk / social / organic_social'],
  ['https://m.vk.com/', 'vk / social / organic_social'],
  ['https://away.vk.com/away.php?to=x', 'vk / social / organic_social'],
  ['https://vk.ru/', 'vk / social / organic_social'],
  ['https://notvk.com/', 'notvk.com / referral / referral'],
  ['https://vkvideo.ru/video-1', 'vkvideo / video / organic_video'],
  ['https://vk.com/video-1_2', 'vkvideo / video / organic_video'],
  ['https://ok.ru/', 'ok / social / organic_social'],
  ['https://dzen.ru/a/1', 'dzen / recommendation / recommendation'],
  ['https://l.facebook.com/l.php', 'facebook / social / organic_social'],
  ['https://lm.facebook.com/', 'facebook / social / organic_social'],
  ['https://l.instagram.com/', 'instagram / social / organic_social'],
  ['https://t.co/abc', 'twitter / social / organic_social'],
  ['https://x.com/', 'twitter / social / organic_social'],
  ['https://www.linkedin.com/', 'linkedin / social / organic_social'],
  ['https://www.pinterest.com/', 'pinterest / social / organic_social'],
  ['https://out.reddit.com/', 'reddit / social / organic_social'],
  ['https://www.tiktok.com/', 'tiktok / social / organic_social'],
  ['https://t.me/channel', 'telegram / messenger / messenger'],
  ['https://web.telegram.org/k/', 'telegram / messenger / messenger'],
  ['https://web.whatsapp.com/', 'whatsapp / messenger / messenger'],
  ['https://www.viber.com/', 'viber / messenger / messenger'],
  ['https://www.youtube.com/watch?v=1', 'youtube / video / organic_video'],
  ['https://youtu.be/1', 'youtube / video / organic_video'],
  ['https://rutube.ru/video/1', 'rutube / video / organic_video'],
  ['https://chatgpt.com/', 'chatgpt / referral / ai_assistant'],
  ['https://chat.openai.com/', 'chatgpt / referral / ai_assistant'],
  ['https://www.perplexity.ai/', 'perplexity / referral / ai_assistant'],
  ['https://copilot.microsoft.com/', 'copilot / referral / ai_assistant'],
  ['https://claude.ai/', 'claude / referral / ai_assistant'],
  ['https://chat.deepseek.com/', 'deepseek / referral / ai_assistant'],
  ['https://giga.chat/', 'gigachat / referral / ai_assistant'],
  ['https://mail.yandex.ru/', 'yandex_mail / email / email'],
  ['https://outlook.live.com/mail/', 'outlook / email / email'],
  ['https://2gis.ru/moscow', '2gis / maps / maps'],
  ['https://www.avito.ru/', 'avito / referral / organic_shopping'],
  ['https://market.yandex.ru/', 'yandex_market / referral / organic_shopping'],
  ['https://ad.admitad.com/g/1', 'admitad / affiliate / affiliate'],
  ['https://music.yandex.ru/', 'yandex_music / audio / audio'],
  ['https://yookassa.ru/checkout', '(internal) / (none) / internal'],
  ['https://yoomoney.ru/', '(internal) / (none) / internal'],
  ['https://securepay.tinkoff.ru/', '(internal) / (none) / internal'],
  ['https://securepayments.sberbank.ru/', '(internal) / (none) / internal'],
  ['https://auth.robokassa.ru/', '(internal) / (none) / internal'],
  ['https://widget.cloudpayments.ru/', '(internal) / (none) / internal'],
  ['https://www.paypal.com/', '(internal) / (none) / internal'],
  ['https://checkout.stripe.com/c/pay', '(internal) / (none) / internal'],
  ['https://accounts.google.com/', '(internal) / (none) / internal'],
  ['https://www.sberbank.ru/', 'sberbank.ru / referral / referral'],
  ['https://WWW.Forum.Example:8443/t?x=1', 'forum.example / referral / referral'],
  ['https://www.xn--80aswg.xn--p1ai/', 'сайт.рф / referral / referral'],
  ['https://user:secret@vk.com/', 'vk / social / organic_social'],
  ['https://vk.com@evil.example/', 'evil.example / referral / referral'],
]

const byTags: [query: string, referrer: string, expected: string][] = [
  ['?utm_source=Yandex&utm_medium=CPC', '', 'yandex / cpc / paid_search'],
  ['?utm_source=yandex&utm_medium=cpc', 'https://vk.com/', 'yandex / cpc / paid_search'],
  ['?utm_source=google&utm_medium=ppc', '', 'google / ppc / paid_search'],
  ['?utm_source=google&utm_medium=cpc&utm_campaign=PMax_msk', '', 'google / cpc / cross_network'],
  ['?utm_source=google&utm_medium=cross-network', '', 'google / cross-network / cross_network'],
  ['?utm_source=google&utm_medium=cpc&utm_campaign=Shopping_all', '', 'google / cpc / paid_shopping'],
  ['?utm_source=direct&utm_medium=cpc', '', 'direct / cpc / paid_search'],
  ['?utm_source=yandex&utm_medium=cpm', '', 'yandex / cpm / display'],
  ['?utm_source=yandex_rsya&utm_medium=cpc', '', 'yandex_rsya / cpc / display'],
  ['?utm_source=yandex&utm_medium=organic', '', 'yandex / organic / organic_search'],
  ['?utm_source=yandex', '', 'yandex / organic / organic_search'],
  ['?utm_source=yandex_maps&utm_medium=cpc', '', 'yandex_maps / cpc / paid_other'],
  ['?utm_source=vk&utm_medium=cpc', '', 'vk / cpc / paid_social'],
  ['?utm_source=vk.com&utm_medium=cpm', '', 'vk.com / cpm / paid_social'],
  ['?utm_source=vk&utm_medium=social', '', 'vk / social / organic_social'],
  ['?utm_source=vk', '', 'vk / social / organic_social'],
  ['?utm_source=vk_spring_sale&utm_medium=paid', '', 'vk_spring_sale / paid / paid_social'],
  ['?utm_source=vk&utm_medium=banner', '', 'vk / banner / display'],
  ['?utm_source=ig&utm_medium=paidsocial', '', 'ig / paidsocial / paid_social'],
  ['?utm_source=fb&utm_medium=paid_social', '', 'fb / paid_social / paid_social'],
  ['?utm_source=some&utm_medium=social-paid', '', 'some / social-paid / paid_social'],
  ['?utm_source=vk&utm_medium=target', '', 'vk / target / paid_social'],
  ['?utm_source=tg&utm_medium=post', '', 'tg / post / messenger'],
  ['?utm_source=telegram&utm_medium=cpm', '', 'telegram / cpm / paid_social'],
  ['?utm_source=telegram', '', 'telegram / messenger / messenger'],
  ['?utm_source=youtube&utm_medium=cpc', '', 'youtube / cpc / paid_video'],
  ['?utm_source=some&utm_medium=preroll', '', 'some / preroll / paid_video'],
  ['?utm_source=blog&utm_medium=video', '', 'blog / video / organic_video'],
  ['?utm_source=avito&utm_medium=cpc', '', 'avito / cpc / paid_shopping'],
  ['?utm_source=catalogue&utm_medium=marketplace', '', 'catalogue / marketplace / organic_shopping'],
  ['?utm_source=unknown&utm_medium=cpc', '', 'unknown / cpc / paid_other'],
  ['?utm_source=rbc&utm_medium=display', '', 'rbc / display / display'],
  ['?utm_source=google&utm_medium=retargeting', '', 'google / retargeting / display'],
  ['?utm_source=news&utm_medium=e-mail', '', 'news / e-mail / email'],
  ['?utm_source=newsletter', '', 'newsletter / email / email'],
  ['?utm_source=sendsay&utm_medium=email-newsletter', '', 'sendsay / email-newsletter / email'],
  ['?utm_source=crm&utm_medium=sms', '', 'crm / sms / sms'],
  ['?utm_source=site&utm_medium=web-push', '', 'site / web-push / push'],
  ['?utm_source=bot&utm_medium=whatsapp', '', 'bot / whatsapp / messenger'],
  ['?utm_source=admitad&utm_medium=cpa', '', 'admitad / cpa / affiliate'],
  ['?utm_source=unknown&utm_medium=cpa', '', 'unknown / cpa / affiliate'],
  ['?utm_source=vk&utm_medium=cpa', '', 'vk / cpa / paid_social'],
  ['?utm_source=agent&utm_medium=partner', '', 'agent / partner / affiliate'],
  ['?utm_source=flyer&utm_medium=qr', '', 'flyer / qr / offline'],
  ['?utm_source=1tv&utm_medium=tv', '', '1tv / tv / offline'],
  ['?utm_source=europa&utm_medium=radio', '', 'europa / radio / offline'],
  ['?utm_source=billboard7&utm_medium=outdoor', '', 'billboard7 / outdoor / offline'],
  ['?utm_source=some&utm_medium=podcast', '', 'some / podcast / audio'],
  ['?utm_source=zen&utm_medium=referral', '', 'zen / referral / recommendation'],
  ['?utm_source=2gis&utm_medium=referral', '', '2gis / referral / maps'],
  ['?utm_source=chatgpt.com', 'https://chatgpt.com/', 'chatgpt.com / referral / ai_assistant'],
  ['?utm_source=chatgpt.com', '', 'chatgpt.com / referral / ai_assistant'],
  ['?utm_source=forum&utm_medium=referral', '', 'forum / referral / referral'],
  ['?utm_source=forum&utm_medium=whatever', '', 'forum / whatever / referral'],
  ['?utm_source=&utm_medium=&utm_campaign=', 'https://vk.com/', 'vk / social / organic_social'],
  ['?utm_source={source}&utm_medium=undefined', '', '(direct) / (none) / direct'],
  ['?utm_campaign=spring', 'https://www.google.com/', 'google / organic / organic_search'],
  ['?utm_campaign=spring', '', '(not set) / (not set) / referral'],
  ['?utm_medium=cpc', 'https://yandex.ru/', 'yandex / cpc / paid_search'],
  ['?utm_source=mail&utm_medium=email', 'https://yookassa.ru/', 'mail / email / email'],
  ['?utm_source=vk&utm_medium=cpc', 'https://shop.example/', 'vk / cpc / paid_social'],
  ['#utm_source=vk&utm_medium=cpc', '', 'vk / cpc / paid_social'],
  ['#/route?utm_source=vk&utm_medium=cpc', '', 'vk / cpc / paid_social'],
  ['?utm_source=ok#utm_source=vk', '', 'ok / social / organic_social'],
  ['?amp;utm_source=vk&amp;utm_medium=cpc', '', 'vk / cpc / paid_social'],
  ['?UTM_SOURCE=vk&Utm_Medium=cpc', '', 'vk / cpc / paid_social'],
  ['?utm_referrer=https%3A%2F%2Fvk.com%2F', '', 'vk / social / organic_social'],
  ['?utm_referrer=https%3A%2F%2Fvk.com%2F', 'https://shop.example/', 'vk / social / organic_social'],
  ['?utm_referrer=https%3A%2F%2Fvk.com%2F', 'https://ya.ru/', 'yandex / organic / organic_search'],
  ['?_openstat=ZGlyZWN0LnlhbmRleC5ydTsxMjM7NDU2O3lhbmRleC5ydQ', '', 'yandex / cpc / paid_search'],
  ['?_openstat=direct.yandex.ru;1;2;yandex.ru:premium', '', 'yandex / cpc / paid_search'],
  ['?_openstat=%%%', '', '(direct) / (none) / direct'],
]

const byClickId: [query: string, referrer: string, expected: string][] = [
  ['?yclid=1', '', 'yandex / cpc / paid_search'],
  ['?yclid=1', 'https://yandex.ru/', 'yandex / cpc / paid_search'],
  ['?gclid=1', '', 'google / cpc / paid_search'],
  ['?gbraid=1', '', 'google / cpc / paid_search'],
  ['?wbraid=1', 'https://www.google.com/', 'google / cpc / paid_search'],
  ['?msclkid=1', '', 'bing / cpc / paid_search'],
  ['?dclid=1', '', 'google / display / display'],
  ['?ymclid=1', '', 'yandex_market / cpc / paid_shopping'],
  ['?yzclid=1', '', 'promopages / cpc / display'],
  ['?ttclid=1', '', 'tiktok / cpc / paid_social'],
  ['?twclid=1', '', 'twitter / cpc / paid_social'],
  ['?li_fat_id=1', '', 'linkedin / cpc / paid_social'],
  ['?rb_clickid=1', '', 'vk / cpc / paid_social'],
  ['?vkclid=1', '', 'vk / cpc / paid_social'],
  ['?ScCid=1', '', 'snapchat / cpc / paid_social'],
  ['?admitad_uid=1', '', 'admitad / cpa / affiliate'],
  ['?ysclid=1', '', 'yandex / organic / organic_search'],
  ['?ysclid=1&yclid=2', '', 'yandex / cpc / paid_search'],
  ['?srsltid=1', '', 'google / organic / organic_search'],
  ['?fbclid=1', '', '(direct) / (none) / direct'],
  ['?fbclid=1', 'https://l.facebook.com/', 'facebook / social / organic_social'],
  ['?fbclid=1&utm_source=fb&utm_medium=cpc', '', 'fb / cpc / paid_social'],
  ['?roistat=vk1', '', '(direct) / (none) / direct'],
  ['?yclid=', '', '(direct) / (none) / direct'],
  ['#yclid=1', '', 'yandex / cpc / paid_search'],
  ['?utm_source=vk&utm_medium=cpc&gclid=1', '', 'vk / cpc / paid_social'],
  ['?utm_source=news&utm_medium=email&gclid=1', '', 'news / email / email'],
  ['?utm_source=yandex&utm_medium=organic&yclid=1', '', 'yandex / organic / paid_search'],
  ['?utm_source=my_campaign&yclid=1', '', 'my_campaign / cpc / paid_search'],
  ['?utm_campaign=spring&gclid=1', '', 'google / cpc / paid_search'],
  ['?utm_source=telegram&yclid=1', '', 'telegram / cpc / paid_social'],
]

describe('where a visit came from', () => {
  test.each(byReferrer)('is read from the referrer %s as %s', (referrer, expected) => {
    expect(summary('', referrer)).toBe(expected)
  })

  test.each(byTags)('is read from the tags %s after %j as %s', (query, referrer, expected) => {
    expect(summary(query, referrer)).toBe(expected)
  })

  test.each(byClickId)('is read from the click id in %s after %j as %s', (query, referrer, expected) => {
    expect(summary(query, referrer)).toBe(expected)
  })

  test('can be any of the channels, each of which the cases above reach', () => {
    const reached = new Set([
      ...byReferrer.map(([referrer]) => classify('', referrer).channel),
      ...[...byTags, ...byClickId].map(([query, referrer]) => classify(query, referrer).channel),
    ])
    expect([...reached].toSorted()).toEqual([...channels].toSorted())
    expect(byReferrer.length + byTags.length + byClickId.length).toBeGreaterThan(200)
  })

  test('keeps campaign, content and term as they were written', () => {
    const traffic = classify(
      '?utm_source=VK&utm_campaign=Весна+2026&utm_content=%D0%90%20b&utm_term=%EA%F3%EF%E8%F2%FC',
      '',
    )
    expect(traffic).toMatchObject({ source: 'vk', campaign: 'Весна 2026', content: 'А b', term: 'купить' })
  })

  test('keeps every click id beside the tags that outrank them', () => {
    const { click_ids } = classify('?utm_source=vk&utm_medium=cpc&gclid=A&YCLID=B&fbclid=C&yclid=D&roistat=', '')
    expect(click_ids).toEqual({ gclid: 'A', yclid: 'B', fbclid: 'C' })
  })

  test('comes with the page and the referring host, readable and in one spelling', () => {
    const traffic = classifyTraffic({
      url: 'https://Shop.Example:8080/%D0%BA%D0%B2?x=1#y',
      referrer: 'https://WWW.Google.com:443/search',
      own_domains,
    })
    expect(traffic).toMatchObject({ page_host: 'shop.example', page_path: '/кв', referrer_host: 'www.google.com' })
  })

  test('takes no host that no name server could know, however long it is', () => {
    const traffic = classify('', `https://${'a.'.repeat(50_000)}ru/`)
    expect(traffic).toMatchObject({ channel: 'direct', referrer_host: '' })
    expect(classify('', `https://${'a.'.repeat(125)}ru/`)).toMatchObject({ channel: 'referral' })
  })

  test('cuts a tag of a megabyte', () => {
    expect(classify(`?utm_campaign=${'😀'.repeat(300_000)}`, '').campaign.length).toBeLessThanOrEqual(500)
  })

  test('is never an exception, whatever the addresses', () => {
    const address = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.webUrl({ withQueryParameters: true, withFragments: true }),
      fc.string({ unit: 'binary' }).map((text) => `https://${text}`),
      fc.string().map((text) => `https://shop.example/?utm_source=${text}&yclid=%${text}#utm_medium=${text}`),
      fc.string().map((text) => `android-app://${text}`),
    )
    fc.assert(
      fc.property(address, address, fc.array(fc.string(), { maxLength: 3 }), (url, referrer, domains) => {
        const traffic = classifyTraffic({ url, referrer, own_domains: domains })
        expect(channels).toContain(traffic.channel)
        expect(traffic.source).not.toBe('')
        expect(traffic.medium).not.toBe('')
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('the channel of source and medium', () => {
  test('is the one that the visit got', () => {
    const visits = [
      ...byReferrer.map(([referrer]) => classify('', referrer)),
      ...byTags.map(([query, referrer]) => classify(query, referrer)),
    ]
    for (const visit of visits) {
      expect(channelOf(visit), `${visit.source} / ${visit.medium}`).toBe(visit.channel)
    }
  })

  test.each([
    ['', '', '', 'direct'],
    ['(direct)', '(none)', '', 'direct'],
    ['direct', '', '', 'direct'],
    ['', '', 'spring', 'referral'],
    [' Yandex ', 'CPC', '', 'paid_search'],
    ['Яндекс', 'контекст', '', 'paid_search'],
    ['qr', '', '', 'offline'],
    ['', 'radio', '', 'offline'],
  ])('of %j and %j in campaign %j is %s', (source, medium, campaign, expected) => {
    expect(channelOf({ source, medium, campaign })).toBe(expected)
  })

  test('is always one of the list', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), fc.string(), (source, medium, campaign) => {
        expect(channels).toContain(channelOf({ source, medium, campaign }))
      }),
    )
  })
})

describe('what an address says of a campaign', () => {
  const said = (query: string) => taggedAs(`https://shop.example/page${query}`)

  test.each([
    ['', undefined],
    ['?page=2', undefined],
    ['?utm_source=&utm_medium=-', undefined],
    ['?utm_source=vk', { text: expect.stringContaining('vk'), isClick: false }],
    ['?fbclid=1', { text: expect.stringContaining('fbclid'), isClick: false }],
    ['?yclid=1', { text: expect.stringContaining('yclid'), isClick: true }],
  ])('%j is %j', (query, expected) => {
    expect(said(query)).toEqual(expected)
  })

  test('is the same whatever the page, the order and the other parameters', () => {
    const one = said('?utm_source=VK&gclid=a&yclid=b')
    expect(taggedAs('https://shop.example/other?x=1&yclid=b&utm_source=vk&gclid=a#top')).toEqual(one)
    expect(said('?utm_source=vk&gclid=a&yclid=c')).not.toEqual(one)
    expect(taggedAs('no address')).toBeUndefined()
  })
})

describe('the tables of sites', () => {
  const sites = [...searchEngines, ...socialSites, ...otherSites]
  const hosts = sites.flatMap(({ hosts = '', wholeHosts = '' }) => `${hosts} ${wholeHosts}`.trim().split(/\s+/))

  test('name no host twice', () => {
    const all = [...hosts, ...returnHosts.trim().split(/\s+/)]
    expect(all.length).toBeGreaterThan(600)
    expect(all.filter((host, index) => all.indexOf(host) !== index)).toEqual([])
  })

  test('name hosts as they are compared', () => {
    for (const host of hosts) expect(host).toMatch(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/)
  })

  test('give every site a channel that its source and medium lead back to', () => {
    for (const host of hosts) {
      const visit = classify('', `https://${host}/`)
      expect(channelOf(visit), host).toBe(visit.channel)
      expect(visit.channel, host).not.toBe('referral')
    }
  })
})
