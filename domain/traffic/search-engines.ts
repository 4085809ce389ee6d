import type { Section, Site } from './site.ts'

const yandexEndings = 'ru com by kz ua uz com.tr com.am com.ge co.il az ee fr kg lt lv md tj tm eu pl fi'

const googleEndings = `com ru ad ae com.af com.ag com.ai al am co.ao com.ar as at com.au az ba com.bd be bf bg com.bh bi bj com.bn
  com.bo com.br bs bt co.bw by com.bz ca cat cd cf cg ch ci co.ck cl cm cn com.co co.cr com.cu cv com.cy cz de dj dk dm com.do
  dz com.ec ee com.eg es com.et fi com.fj fm fr ga ge gg com.gh com.gi gl gm gr com.gt gy com.hk hn hr ht hu co.id ie co.il im
  co.in iq is it je com.jm jo co.jp co.ke com.kh ki kg co.kr com.kw kz la com.lb li lk co.ls lt lu lv com.ly co.ma md me mg mk
  ml com.mm mn com.mt mu mv mw com.mx com.my co.mz com.na com.ng com.ni ne nl no com.np nr nu co.nz com.om com.pa com.pe com.pg
  com.ph com.pk pl pn com.pr ps pt com.py com.qa ro rs rw com.sa com.sb sc se com.sg sh si sk com.sl sn so sm sr st com.sv td
  tg co.th com.tj tl tm tn to com.tr tt com.tw co.tz com.ua co.ug co.uk com.uy co.uz com.vc co.ve co.vi com.vn vu ws co.za
  co.zm co.zw`

const yandexSections: readonly Section[] = [
  { path: '/maps', source: 'yandex_maps', kind: 'maps' },
  { path: '/web-maps', source: 'yandex_maps', kind: 'maps' },
  { path: '/profile', source: 'yandex_maps', kind: 'maps' },
  { path: '/products', source: 'yandex_market', kind: 'shopping' },
  { path: '/alice', source: 'alice', kind: 'ai_assistant' },
  { path: '/an/', source: 'yandex', kind: 'display' },
]

const googleSections: readonly Section[] = [
  { path: '/maps', source: 'google_maps', kind: 'maps' },
  { path: '/shopping', source: 'google_shopping', kind: 'shopping' },
]

/** Search engines. Yandex and Google sign their many services by subdomain, so only their front hosts are search. */
export const searchEngines: readonly Site[] = [
  {
    source: 'yandex',
    kind: 'search',
    wholeHosts: `ya.ru ${withEndings('yandex', yandexEndings)} yabs.yandex.ru ${withEndings('search.yandex', 'ru com')}`,
    hosts: 'turbopages.org clck.yandex.ru',
    tags: 'ya yd direct ydirect yandexdirect yandex.direct direct.yandex.ru yandex_direct yandex-direct yadirect ya_direct яндекс яндекс.директ',
    apps: 'ru.yandex.searchplugin com.yandex.browser com.yandex.searchapp',
    sections: yandexSections,
  },
  {
    source: 'google',
    kind: 'search',
    wholeHosts: `${withEndings('google', googleEndings)} images.google.com lens.google.com search.google.com`,
    hosts: 'cdn.ampproject.org',
    tags: 'googleads google_ads google-ads adwords google_adwords google-adwords googleadwords gads гугл',
    apps: 'com.google.android.googlequicksearchbox com.google.android.launcher com.android.chrome',
    sections: googleSections,
  },
  { source: 'mailru', kind: 'search', hosts: 'go.mail.ru', tags: 'mail.ru mail_ru' },
  {
    source: 'bing',
    kind: 'search',
    hosts: 'bing.com',
    tags: 'bingads bing_ads microsoft microsoft_ads',
    apps: 'com.microsoft.bing',
    sections: [
      { path: '/maps', source: 'bing_maps', kind: 'maps' },
      { path: '/shop', source: 'bing_shopping', kind: 'shopping' },
      { path: '/chat', source: 'copilot', kind: 'ai_assistant' },
      { path: '/copilotsearch', source: 'copilot', kind: 'ai_assistant' },
    ],
  },
  {
    source: 'duckduckgo',
    kind: 'search',
    hosts: 'duckduckgo.com ddg.gg',
    tags: 'ddg',
    apps: 'com.duckduckgo.mobile.android',
  },
  { source: 'rambler', kind: 'search', hosts: 'nova.rambler.ru search.rambler.ru r0.ru', wholeHosts: 'rambler.ru' },
  {
    source: 'yahoo',
    kind: 'search',
    hosts: 'search.yahoo.com search.yahoo.co.jp',
    wholeHosts: 'yahoo.com yahoo.co.jp',
  },
  { source: 'baidu', kind: 'search', hosts: 'baidu.com' },
  { source: 'naver', kind: 'search', hosts: 'search.naver.com', wholeHosts: 'naver.com' },
  { source: 'daum', kind: 'search', hosts: 'search.daum.net', wholeHosts: 'daum.net' },
  { source: 'seznam', kind: 'search', hosts: 'search.seznam.cz', wholeHosts: 'seznam.cz' },
  { source: 'sogou', kind: 'search', hosts: 'sogou.com' },
  { source: 'so.com', kind: 'search', hosts: 'so.com' },
  { source: 'ecosia', kind: 'search', hosts: 'ecosia.org' },
  { source: 'brave', kind: 'search', hosts: 'search.brave.com' },
  { source: 'qwant', kind: 'search', hosts: 'qwant.com' },
  { source: 'startpage', kind: 'search', hosts: 'startpage.com ixquick.com' },
  { source: 'kagi', kind: 'search', hosts: 'kagi.com' },
  { source: 'mojeek', kind: 'search', hosts: 'mojeek.com' },
  { source: 'swisscows', kind: 'search', hosts: 'swisscows.com' },
  { source: 'ask', kind: 'search', hosts: 'ask.com' },
  { source: 'aol', kind: 'search', hosts: 'search.aol.com' },
  { source: 'sputnik', kind: 'search', hosts: 'sputnik.ru' },
  { source: 'coccoc', kind: 'search', hosts: 'coccoc.com' },
  { source: 'petal', kind: 'search', hosts: 'petalsearch.com' },
  { source: 'presearch', kind: 'search', hosts: 'presearch.com presearch.org' },
  { source: 'nigma', kind: 'search', hosts: 'nigma.ru' },
]

function withEndings(name: string, endings: string): string {
  return endings
    .split(/\s+/)
    .map((ending) => `${name}.${ending}`)
    .join(' ')
}
