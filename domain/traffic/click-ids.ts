/** What a click id in the landing page's address says. */
export interface ClickId {
  /** `paid`: an ad was clicked. `organic`: a search result was. `nothing`: anybody may have passed the link on. */
  proves: 'paid' | 'organic' | 'nothing'
  source: string
  medium: string
  /** When several ids are there, the lowest decides; all are kept. */
  rank: number
}

type Row = [name: string, clickId: Omit<ClickId, 'rank'>]

const rows: readonly Row[] = [
  ...paid('yandex', 'cpc', 'yclid'),
  ...paid('google', 'cpc', 'gclid gbraid wbraid'),
  ...paid('google', 'display', 'dclid'),
  ...paid('bing', 'cpc', 'msclkid'),
  ...paid('vk', 'cpc', 'rb_clickid vkclid vk_click_id mt_click_id'),
  ...paid('yandex_market', 'cpc', 'ymclid'),
  ...paid('promopages', 'cpc', 'yzclid'),
  ...paid('tiktok', 'cpc', 'ttclid'),
  ...paid('twitter', 'cpc', 'twclid'),
  ...paid('linkedin', 'cpc', 'li_fat_id'),
  ...paid('reddit', 'cpc', 'rdt_cid'),
  ...paid('snapchat', 'cpc', 'sccid'),
  ...paid('quora', 'cpc', 'qclid'),
  ...paid('taboola', 'cpc', 'tblci'),
  ...paid('outbrain', 'cpc', 'dicbo obclid'),
  ...paid('admitad', 'cpa', 'admitad_uid'),
  ...paid('awin', 'cpa', 'awc'),
  ...paid('cj', 'cpa', 'cjevent'),
  ...paid('impact', 'cpa', 'irclickid'),
  ...paid('shareasale', 'cpa', 'sscid'),
  ...paid('tradedoubler', 'cpa', 'tduid'),
  ...paid('google', 'cpc', 'gad_source'),
  ...names('ysclid', { proves: 'organic', source: 'yandex', medium: 'organic' }),
  ...names('srsltid', { proves: 'organic', source: 'google', medium: 'organic' }),
  // Added to every outgoing link, or by the site's own tools; `erid` only says that the text was marked as an ad.
  ...names('fbclid igshid igsh epik roistat erid _openstat', { proves: 'nothing', source: '', medium: '' }),
]

/** Click ids by their name in lower case. */
export const clickIds: ReadonlyMap<string, ClickId> = new Map(
  rows.map(([name, clickId], rank): [string, ClickId] => [name, { ...clickId, rank }]),
)

function paid(source: string, medium: string, list: string): Row[] {
  return names(list, { proves: 'paid', source, medium })
}

function names(list: string, clickId: Row[1]): Row[] {
  return list.split(' ').map((name) => [name, clickId])
}
