import type { PersonPage } from '../api/people.ts'
import type { Cell, Filter, Matrix, MatrixQuestion, Report, ReportQuestion, Row } from '../api/reports.ts'

export const sites = [
  { id: 'shop', name: 'ЖК «Северный берег»', timezone: 'Europe/Moscow', currency: 'RUB', domains: ['bereg.example'] },
  { id: 'fresh', name: 'Новый сайт', timezone: 'Europe/Moscow', currency: 'RUB', domains: ['new.example'] },
  { id: 'quiet', timezone: 'UTC', currency: 'USD', domains: ['quiet.example'] },
]

const values: Record<string, string[]> = {
  channel: ['paid_search', 'organic_search', 'direct', 'paid_social', 'maps', 'referral', 'messenger', 'uncredited'],
  source: ['yandex', 'google', 'vk', '2gis', '(direct)'],
  campaign: ['bereg-brand-msk', 'bereg-kvartiry-studii-poisk-2026', 'remarketing', ''],
  content: ['ad-1', 'ad-2'],
  term: ['купить квартиру в москве', 'жк северный берег официальный сайт'],
  landing_path: ['/', '/flats/2-rooms', '/mortgage', '/contacts'],
  date: ['2026-11-17', '2026-11-18', '2026-11-19', '2026-11-20', '2026-11-21'],
  week: ['2026-11-09', '2026-11-16'],
  month: ['2026-10-01', '2026-11-01'],
  weekday: ['1', '2', '3', '4', '5', '6', '7'],
  device: ['mobile', 'desktop', 'tablet'],
}

/** Numbers that look like a developer's month: few won deals, each of millions. */
export function reportRows(question: ReportQuestion): Report {
  const meta = { currency: 'RUB', timezone: 'Europe/Moscow', rows_total: 0, currencies_left_out: [] }
  const isEmpty = question.site === 'fresh' || (question.site === 'quiet' && question.from > '2026-01-01')
  if (isEmpty) return { rows: [], totals: Object.fromEntries(question.metrics.map((id) => [id, 0])), meta }
  const dimension = question.dimensions[0]
  const names = dimension === undefined ? ['all'] : (values[dimension] ?? ['one', 'two'])
  const scale = 1 / (question.filters.length * 2 + 1)
  const rows = names.map((name, index) => line(name, index, scale, dimension))
  const totals: Record<string, Cell> = ratios(
    Object.fromEntries(sums.map((id) => [id, rows.reduce((sum, row) => sum + Number(row[id] ?? 0), 0)])),
  )
  const compared = (row: Record<string, Cell>) => (question.compare ? { ...row, ...another(row) } : row)
  return { rows: rows.map(compared), totals: compared(totals), meta: { ...meta, rows_total: rows.length } }
}

/** The same row under a model that gives a little less. */
function another(row: Record<string, Cell>): Record<string, Cell> {
  return Object.fromEntries(
    Object.entries(row).map(([id, value]) => [
      `compare_${id}`,
      value === null ? null : Math.round(Number(value) * 0.9),
    ]),
  )
}

/** Every value with every other, the first ones most. */
export function matrixOf({ site, kind, by, metrics }: MatrixQuestion): Matrix {
  const names =
    site === 'quiet' ? [] : kind === 'cannibalisation' ? ['bereg', 'sosny', ''] : (values[by] ?? ['one', 'two'])
  const all = (count: number) =>
    Object.fromEntries(metrics.map((id) => [id, id === 'revenue' ? `${count * 1e6}.00` : count]))
  const count = (row: number, column: number) => Math.max(0, 40 - 7 * row - 5 * column + (row === column ? 30 : 0))
  const sum = (counts: number[]) => counts.reduce((whole, one) => whole + one, 0)
  const places = names.map((_, place) => place)
  const rows = names.map((value, row) => {
    const [total, own] = [sum(places.map((column) => count(row, column))), count(row, row)]
    const assisted = { assisted: all(total - own), assisted_first: all(total - own), assisted_middle: all(0) }
    const ratio = Object.fromEntries(metrics.map((id) => [id, own === 0 ? null : (total - own) / own]))
    return {
      value,
      total: all(total),
      credited: all(own),
      ...assisted,
      assisted_last: all(0),
      assisted_per_credited: ratio,
    }
  })
  const cells = places.flatMap((row) =>
    places.map((column) => {
      const share = Object.fromEntries(metrics.map((id) => [id, count(row, column) / 100]))
      const [from, to] = [names[row] as string, names[column] as string]
      return { row: from, column: to, values: all(count(row, column)), share_of_row: share, share_of_column: share }
    }),
  )
  const columns = names.map((value, column) => ({ value, total: all(count(column, column)) }))
  const totals = {
    total: all(300),
    same: all(180),
    other: all(100),
    unknown: all(20),
    uncredited: all(7),
    assisted: all(150),
  }
  const behind = { row: { dimension: by, op: 'on_path' as const }, column: { dimension: by, op: 'is' as const } }
  const meta = { currency: 'RUB', currencies_left_out: [] }
  return { rows, columns, cells, totals, behind, meta, rows_total: names.length, columns_total: names.length }
}

const sums = ['visits', 'leads', 'target_leads', 'calls', 'deals', 'deals_won', 'revenue', 'cost']

function line(name: string, index: number, scale: number, dimension = 'all'): Record<string, Cell> {
  const visits = name === 'uncredited' ? 0 : Math.round((18_400 * scale) / (index + 1) ** 1.3)
  const leads = name === 'uncredited' ? 7 : Math.round(visits * (0.012 + 0.004 * (index % 3)))
  const won = Math.round(leads * 0.06 * 10) / 10
  const cost = /paid|yandex|vk|bereg|date|2026/.test(name) ? visits * 61.37 : 0
  const row = {
    visits,
    leads,
    target_leads: Math.round(leads * 0.7),
    calls: Math.round(leads * 0.55),
    deals: Math.round(leads * 0.2),
    deals_won: won,
    revenue: won * 8_240_000.5,
    cost,
  }
  return { [dimension]: name, ...ratios(row) }
}

function ratios(row: Record<string, number>): Record<string, Cell> {
  const { leads = 0, deals_won = 0, revenue = 0, cost = 0 } = row
  const over = (top: number, bottom: number) => (bottom === 0 ? null : Math.round((top / bottom) * 1e4) / 1e4)
  return {
    ...row,
    revenue: revenue.toFixed(4),
    cost: cost.toFixed(4),
    cpl: over(cost, leads)?.toFixed(4) ?? null,
    cac: over(cost, deals_won)?.toFixed(4) ?? null,
    romi: over(100 * (revenue - cost), cost),
    drr: over(100 * cost, revenue),
  }
}

interface RowsAsked {
  metric: string
  filters: Filter[]
  cursor?: string
}

export function rowsBehind({ metric, cursor }: RowsAsked): { rows: Row[]; cursor: string | null } {
  if (metric === 'calls') return { rows: [], cursor: null }
  const isDeal = metric.startsWith('deals')
  const rows = Array.from({ length: 12 }, (_, index): Row => {
    const traffic = {
      source: 'yandex',
      medium: 'cpc',
      campaign: 'bereg-kvartiry-studii-poisk-2026',
      channel: 'paid_search',
    }
    const person_id = index % 4 === 3 ? '' : person(null).id
    if (metric === 'visits')
      return { id: `s${index}`, started_at: '2026-11-20T08:12:00.000Z', person: person_id, ...traffic }
    return {
      conversion: `D-${1042 + index}`,
      conversion_kind: isDeal ? 'deal' : 'lead',
      conversion_at: `2026-11-${String(8 + index).padStart(2, '0')}T09:41:00.000Z`,
      lead_kind: isDeal ? '' : index % 2 ? 'call' : 'form',
      status: isDeal
        ? (['won', 'open', 'lost'][index % 3] ?? '')
        : index % 2
          ? index % 3
            ? 'answered'
            : 'missed'
          : '',
      value: isDeal ? '8240000.5000' : null,
      currency: 'RUB',
      person: person_id,
      weight: index % 5 === 4 ? 0.3333 : 1,
      ...(index % 6 === 5 ? { channel: 'uncredited', uncredited: 'beyond_lookback' } : traffic),
    }
  })
  return { rows, cursor: cursor ? null : 'next' }
}

export const sharedPhone = ['p7k2m9qz4x1c8v5b6n3ab', 'p8k2m9qz4x1c8v5b6n3ab']

/** One customer from an ad click to a deal; the second page of the history holds the deal. */
export function person(cursor: string | null): PersonPage {
  return {
    id: 'p7k2m9qz4x1c8v5b6n3ab',
    names: ['Анна Соколова', 'Anna S.'],
    revenue: '8240000.0000',
    currency: 'RUB',
    deals: [
      { id: 'D-1042', status: 'won', amount: '8240000.0000', currency: 'RUB' },
      { id: 'D-1077', status: 'open', amount: null, currency: 'RUB' },
    ],
    identifiers: [
      known('visitor', 'v.7Kq2mZ9xT1c8V5b6', '2026-11-02T09:00:04.000Z', null),
      known('phone', '+79161234567', '2026-11-02T09:06:31.000Z', ['event', 'f-81a', 'visitor', 'v.7Kq2mZ9xT1c8V5b6']),
      known('ym', '1698841234567890123', '2026-11-02T09:00:04.000Z', ['event', 'e-1', 'visitor', 'v.7Kq2mZ9xT1c8V5b6']),
      known('contact', '55012', '2026-11-09T12:00:00.000Z', ['deal', 'D-1042', 'phone', '+79161234567']),
      known('email', 'anna.sokolova@example.ru', '2026-11-09T12:00:00.000Z', ['deal', 'D-1042', 'contact', '55012']),
    ],
    timeline: cursor ? later : earlier,
    cursor: cursor ? null : 'later',
  }
}

type Because = [fact: string, id: string, kind: string, value: string] | null

function known(kind: string, value: string, since: string, because: Because): PersonPage['identifiers'][number] {
  const [fact = 'event', id = 'e-1', withKind, withValue] = because ?? []
  const others = withKind === undefined || withValue === undefined ? null : { kind: withKind, value: withValue }
  return { kind, value, since, because: { fact, id, at: since, with: others } }
}

const earlier: PersonPage['timeline'] = [
  {
    at: '2026-11-02T09:00:04.000Z',
    kind: 'session',
    id: 's1',
    source: 'yandex',
    medium: 'cpc',
    campaign: 'bereg-kvartiry-studii-poisk-2026',
    channel: 'paid_search',
    landing_url: 'https://bereg.example/flats/2-rooms?utm_source=yandex',
    referrer: 'https://yandex.ru/',
    device: 'mobile',
    city: 'Moscow',
    pages: 3,
    engaged_ms: 192_000,
    numbers: ['+74951234567'],
  },
  {
    at: '2026-11-02T09:00:04.000Z',
    kind: 'page',
    id: 'e1',
    session: 's1',
    url: 'https://bereg.example/flats/2-rooms',
    title: 'Двухкомнатные квартиры',
  },
  {
    at: '2026-11-02T09:02:40.000Z',
    kind: 'page',
    id: 'e2',
    session: 's1',
    url: 'https://bereg.example/mortgage',
    title: 'Ипотека',
  },
  {
    at: '2026-11-02T09:05:00.000Z',
    kind: 'click',
    id: 'e3',
    session: 's1',
    click: { kind: 'phone', target: '+74951234567' },
  },
  {
    at: '2026-11-02T09:06:31.000Z',
    kind: 'form',
    id: 'f-81a',
    session: 's1',
    form: { name: 'Записаться на просмотр', fields: { phone: '+79161234567', name: 'Анна' } },
    verdict: { auto: 'not_target', manual: 'target' },
    fraud: {
      score: 25,
      signs: [
        {
          sign: 'names_differ',
          label: { en: 'Different names for one number', ru: 'Разные имена при одном номере' },
          evidence: { names: 2 },
        },
      ],
    },
  },
  {
    at: '2026-11-02T09:21:10.000Z',
    kind: 'call',
    id: 'c1',
    from: '+79161234567',
    to: '+74951234567',
    direction: 'in',
    status: 'answered',
    talk: 145,
    operator: 'Ирина',
    recording_url: 'https://records.example/c1.mp3',
    match: {
      session: 's1',
      visitor: 'v.7Kq2mZ9xT1c8V5b6',
      person: null,
      confidence: 0.97,
      reason: 'number_in_reserve',
      candidates: [
        { session: 's1', visitor: 'v', confidence: 0.97, reason: 'number_in_reserve' },
        { session: 's9', visitor: 'w', confidence: 0.02, reason: 'number_in_reserve' },
      ],
    },
  },
  {
    at: '2026-11-05T18:40:00.000Z',
    kind: 'call',
    id: 'c2',
    from: '',
    to: '+74951234500',
    direction: 'in',
    status: 'missed',
    talk: 0,
    match: { session: null, visitor: null, person: null, confidence: 0, reason: 'nobody_held_it', candidates: [] },
    verdict: { auto: 'not_target', manual: 'spam' },
    fraud: {
      score: 94,
      signs: [
        {
          sign: 'marked_spam',
          label: { en: 'Marked as spam by a person', ru: 'Человек отметил как спам' },
          evidence: {},
        },
        {
          sign: 'many_requests',
          label: { en: 'Many requests from one number in a day', ru: 'Много обращений с одного номера за день' },
          evidence: { requests_at_least: 5, day: '2026-11-05' },
        },
      ],
    },
  },
]

const later: PersonPage['timeline'] = [
  {
    at: '2026-11-08T07:12:00.000Z',
    kind: 'session',
    id: 's2',
    source: '(direct)',
    medium: '(none)',
    channel: 'direct',
    landing_url: 'https://bereg.example/',
    device: 'desktop',
    pages: 1,
    engaged_ms: 8000,
  },
  { at: '2026-11-08T07:12:00.000Z', kind: 'page', id: 'e9', session: 's2', url: 'https://bereg.example/', title: '' },
  {
    at: '2026-11-09T12:00:00.000Z',
    kind: 'deal',
    id: 'D-1042',
    status: 'open',
    stage: 'Бронь',
    amount: '8240000',
    currency: 'RUB',
    manager: 'Пётр',
  },
  {
    at: '2026-11-20T15:30:00.000Z',
    kind: 'deal',
    id: 'D-1042',
    status: 'won',
    amount: '8240000',
    currency: 'RUB',
    manager: 'Пётр',
  },
  {
    at: '2026-11-20T15:30:01.000Z',
    kind: 'postback',
    id: 'w1',
    destination: 'yandex-direct',
    state: 'sent',
    attempts: 1,
  },
]
