import type { Store } from '#storage/client.ts'

type Row = Record<string, unknown>

const traffic = {
  source: '(direct)',
  medium: '(none)',
  campaign: '',
  content: '',
  term: '',
  channel: 'direct',
  landing_path: '/',
  referrer_host: '',
  device: 'desktop',
  browser: 'Chrome',
  os: 'Windows',
  country: 'RU',
  region: 'Moscow',
  city: 'Moscow',
}

const conversion = {
  kind: 'lead',
  fact: 'lead',
  closed_at: null,
  lead_kind: 'form',
  status: '',
  stage: '',
  reason: '',
  manager: '',
  project: '',
  value: null,
  currency: '',
  person: 'p1',
  first: 0,
  target: 0,
  number: '',
  pool: '',
}

/** A row of sessions for tests: a direct visit of one page, except for what is given. */
export function sessionRow(given: Row): Row {
  return {
    site: 'shop',
    visitor: 'v1',
    person: 'p1',
    ended_at: given.started_at,
    session_number: 1,
    ...traffic,
    click_ids: {},
    landing_url: 'https://shop.test/',
    referrer: '',
    project: '',
    pages: 1,
    events: 1,
    forms: 0,
    engaged_ms: 0,
    scroll_percent: 0,
    bounce: 0,
    bot: 0,
    ga: '',
    ym: '',
    ga_session: '',
    numbers: [],
    pool: '',
    version: 1,
    is_deleted: 0,
    ...given,
  }
}

export interface MadeConversion extends Row {
  id: string
  at: string
  path?: Row[]
}

/** A conversion with its touchpoints, as matching writes them: the path, and the row at position 0. */
export function conversionRows({ path = [], ...given }: MadeConversion): { conversion: Row; touchpoints: Row[] } {
  const { visitor = 'v1', session = '', talk = 0, site = 'shop', version = 1, ...rest } = given
  const row = { ...conversion, ...rest }
  const { kind, fact, id, at, ...repeated } = row as typeof row & { id: string; at: string }
  const ofConversion = {
    site,
    conversion_kind: kind,
    conversion_fact: fact,
    conversion: id,
    conversion_at: at,
    ...repeated,
  }
  const last = { version, is_deleted: 0 }
  return {
    conversion: {
      ...{ site, visitor, session, talk, uncredited: path.length === 0 ? 'no_touches' : '' },
      ...{ ...row, touches: path.length, ...last },
    },
    touchpoints: [
      {
        position: 0,
        length: 0,
        at,
        session: '',
        call: '',
        ...traffic,
        channel: 'uncredited',
        source: '(none)',
        landing_path: '',
        device: '',
        browser: '',
        os: '',
        country: '',
        region: '',
        city: '',
        ...ofConversion,
        ...last,
      },
      ...path.map((touch, index) => ({
        position: index + 1,
        length: path.length,
        session: '',
        call: '',
        ...traffic,
        ...touch,
        ...ofConversion,
        ...last,
      })),
    ],
  }
}

export async function insertConversions(store: Pick<Store, 'insert'>, made: readonly MadeConversion[]): Promise<void> {
  const rows = made.map(conversionRows)
  await store.insert(
    'conversions',
    rows.map((row) => row.conversion),
  )
  await store.insert(
    'touchpoints',
    rows.flatMap((row) => row.touchpoints),
  )
}

/** A row of costs for tests. */
export function costRow(given: Row): Row {
  return {
    node: 'n1',
    segment: 1,
    row: 0,
    site: 'shop',
    id: 'cost',
    received_at: '2026-11-10T00:00:00.000Z',
    source: 'yandex',
    medium: 'cpc',
    campaign: 'brand',
    content: '',
    term: '',
    channel: 'paid_search',
    cost: '0',
    currency: 'RUB',
    clicks: 0,
    impressions: 0,
    body: '',
    ...given,
  }
}
