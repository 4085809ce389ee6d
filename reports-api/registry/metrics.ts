import { type Measure, type MeasureName, measure } from './measures.ts'

export interface Text {
  en: string
  ru: string
}

/** How a number is to be read. A share is 0…1, a percent 0…100. */
export type Unit = 'count' | 'money' | 'share' | 'percent' | 'ratio' | 'days'

export interface Metric {
  /** Money comes out as a decimal string, the rest as numbers. */
  type: 'number' | 'money'
  unit: Unit
  label: Text
  description: Text
  /** The sums it is made from; the first one names the rows behind the number. */
  uses: readonly [MeasureName, ...MeasureName[]]
  /** The value from those sums; `of` gives the SQL name of a sum. */
  sql(of: (name: MeasureName) => string): string
}

/** Every metric, once. The API, the dashboard and the reference are made from this table. */
export const metrics = {
  visits: plain('visits', ['Visits', 'Визиты'], ['Sessions that began in the period', 'Сеансы, начатые за период']),
  visitors: plain('visitors', ['Visitors', 'Посетители'], ['Different browsers', 'Разные браузеры']),
  pages: plain('pages', ['Pages', 'Просмотры'], ['Pages opened in these visits', 'Страницы, открытые за эти визиты']),
  bounce_rate: over(
    'share',
    'bounces',
    'visits',
    ['Bounce rate', 'Отказы'],
    ['Share of visits of one page and under 15 s engaged', 'Доля визитов в одну страницу и менее 15 с внимания'],
  ),
  leads: plain(
    'leads',
    ['Leads', 'Лиды'],
    ['Forms, inbound calls, chats and other requests', 'Формы, входящие звонки, чаты и другие обращения'],
  ),
  first_leads: plain(
    'first_leads',
    ['First leads', 'Первичные лиды'],
    ['First requests of a person within the days the site sets', 'Первые обращения человека за срок, заданный сайтом'],
  ),
  target_leads: plain(
    'target_leads',
    ['Target leads', 'Целевые лиды'],
    ['Leads with enough talk, or so by verdict', 'Лиды с достаточным разговором или по решению'],
  ),
  suspicious_leads: plain(
    'suspicious_leads',
    ['Suspicious leads', 'Подозрительные лиды'],
    ['Leads with a fraud score of 50 or more of 100', 'Лиды с оценкой фрода от 50 из 100'],
  ),
  suspicious_share: over(
    'share',
    'suspicious_leads',
    'leads',
    ['Suspicious share', 'Доля подозрительных'],
    ['Suspicious leads / leads', 'Подозрительные лиды / лиды'],
  ),
  forms: plain('forms', ['Forms', 'Формы'], ['Forms sent', 'Отправленные формы']),
  calls: plain('calls', ['Calls', 'Звонки'], ['Inbound calls', 'Входящие звонки']),
  target_calls: plain(
    'target_calls',
    ['Target calls', 'Целевые звонки'],
    ['Inbound calls with enough talk, or so by verdict', 'Входящие звонки с достаточным разговором или по решению'],
  ),
  missed_calls: plain(
    'missed_calls',
    ['Missed calls', 'Пропущенные звонки'],
    ['Inbound calls nobody answered: missed, busy or failed', 'Входящие звонки без ответа: пропущен, занято, сбой'],
  ),
  deals: plain('deals', ['Deals', 'Сделки'], ['Deals of any status', 'Сделки в любом статусе']),
  deals_open: plain(
    'deals_open',
    ['Open deals', 'Сделки в работе'],
    ['Deals neither won nor lost yet', 'Сделки, ещё не выигранные и не проигранные'],
  ),
  deals_won: plain('deals_won', ['Won deals', 'Продажи'], ['Deals won', 'Выигранные сделки']),
  deals_lost: plain('deals_lost', ['Lost deals', 'Отказы по сделкам'], ['Deals lost', 'Проигранные сделки']),
  revenue: money(
    'revenue',
    ['Revenue', 'Выручка'],
    ['Amounts of won deals in the currency of the site', 'Суммы выигранных сделок в валюте сайта'],
  ),
  cost: money(
    'cost',
    ['Cost', 'Расходы'],
    ['Spent on advertising, in the currency of the site', 'Потрачено на рекламу, в валюте сайта'],
  ),
  clicks: plain(
    'clicks',
    ['Clicks', 'Клики'],
    ['Clicks, as the ad systems count them', 'Клики по данным рекламных систем'],
  ),
  impressions: plain(
    'impressions',
    ['Impressions', 'Показы'],
    ['Impressions, as the ad systems count them', 'Показы по данным рекламных систем'],
  ),
  cpc: moneyOver(
    'cost',
    'clicks_priced',
    ['CPC', 'CPC'],
    ['Cost of a click: cost / clicks', 'Цена клика: расходы / клики'],
  ),
  cpl: moneyOver('cost', 'leads', ['CPL', 'CPL'], ['Cost of a lead: cost / leads', 'Цена лида: расходы / лиды']),
  cac: moneyOver(
    'cost',
    'deals_won',
    ['CAC', 'CAC'],
    ['Cost of a sale: cost / won deals', 'Цена продажи: расходы / продажи'],
  ),
  roas: over('ratio', 'revenue', 'cost', ['ROAS', 'ROAS'], ['Revenue / cost', 'Выручка / расходы']),
  romi: {
    ...over(
      'percent',
      'revenue',
      'cost',
      ['ROMI', 'ROMI'],
      ['100 · (revenue − cost) / cost', '100 · (выручка − расходы) / расходы'],
    ),
    sql: (of) => divide(`100 * (toFloat64(${of('revenue')}) - toFloat64(${of('cost')}))`, of('cost')),
  },
  drr: {
    ...over('percent', 'cost', 'revenue', ['Cost share', 'ДРР'], ['100 · cost / revenue', '100 · расходы / выручка']),
    sql: (of) => divide(`100 * toFloat64(${of('cost')})`, of('revenue')),
  },
  conversion_visit_lead: over(
    'share',
    'leads',
    'visits',
    ['Visit to lead', 'Конверсия в лид'],
    ['Leads / visits', 'Лиды / визиты'],
  ),
  conversion_lead_deal: over(
    'share',
    'deals',
    'leads',
    ['Lead to deal', 'Конверсия в сделку'],
    ['Deals / leads', 'Сделки / лиды'],
  ),
  average_deal: moneyOver(
    'revenue',
    'deals_priced',
    ['Average deal', 'Средний чек'],
    ['Revenue / won deals in the currency of the site', 'Выручка / продажи в валюте сайта'],
  ),
  cycle_days: over(
    'days',
    'days_to_close',
    'deals_closed',
    ['Deal cycle', 'Цикл сделки'],
    [
      'Days from creation to closing of won deals, on average',
      'Дней от создания до закрытия выигранной сделки, в среднем',
    ],
  ),
  touches_per_deal: over(
    'ratio',
    'touches',
    'deals',
    ['Touches per deal', 'Касаний на сделку'],
    [
      'Touches within the look-back on the path to a deal, on average',
      'Касаний на пути к сделке за срок учёта, в среднем',
    ],
  ),
} as const satisfies Record<string, Metric>

export type MetricName = keyof typeof metrics

/** A metric by name; undefined when there is none. */
export function findMetric(name: string): Metric | undefined {
  return Object.hasOwn(metrics, name) ? metrics[name as MetricName] : undefined
}

/** The rows behind a metric are those of its first sum. */
export function rowsBehind(metric: Metric): Measure {
  return measure(metric.uses[0])
}

type Pair = readonly [en: string, ru: string]

function words(label: Pair, description: Pair) {
  return { label: { en: label[0], ru: label[1] }, description: { en: description[0], ru: description[1] } }
}

function plain(name: MeasureName, label: Pair, description: Pair): Metric {
  return {
    type: 'number',
    unit: 'count',
    ...words(label, description),
    uses: [name],
    sql: (of) => `round(${of(name)}, 6)`,
  }
}

function money(name: MeasureName, label: Pair, description: Pair): Metric {
  return { type: 'money', unit: 'money', ...words(label, description), uses: [name], sql: (of) => of(name) }
}

function over(unit: Unit, top: MeasureName, bottom: MeasureName, label: Pair, description: Pair): Metric {
  return {
    type: 'number',
    unit,
    ...words(label, description),
    uses: [top, bottom],
    sql: (of) => divide(`toFloat64(${of(top)})`, of(bottom)),
  }
}

function moneyOver(top: MeasureName, bottom: MeasureName, label: Pair, description: Pair): Metric {
  return {
    type: 'money',
    unit: 'money',
    ...words(label, description),
    uses: [top, bottom],
    sql: (of) =>
      `if(${of(bottom)} = 0, NULL, toDecimal128(round(toFloat64(${of(top)}) / nullIf(${of(bottom)}, 0), 4), 4))`,
  }
}

/** Ratios are made from sums, never averaged, and nothing over zero is nothing. */
function divide(top: string, bottom: string): string {
  return `round(${top} / nullIf(toFloat64(${bottom}), 0), 6)`
}
