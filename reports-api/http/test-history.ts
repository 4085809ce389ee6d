import { insertConversions, sessionRow } from '#reports-api/registry/hand-made-history.ts'
import type { Store } from '#storage/client.ts'
import { type FactTable, factTables } from '#storage/fact-tables.ts'

type Row = Record<string, unknown>

/** A row of a fact table for tests: empty, except for what is given. */
export function factRow(table: FactTable, given: Row): Row {
  const received_at = given.received_at ?? given.at ?? '2026-11-01T00:00:00.000Z'
  const empty = Object.entries(factTables[table]).map(([column, type]) => [column, emptyOf(type)])
  return { node: 'n1', segment: 1, row: 0, ...Object.fromEntries(empty), site: 'shop', received_at, ...given }
}

function emptyOf(type: string): unknown {
  if (type.startsWith('Nullable')) return null
  if (type.startsWith('Map')) return {}
  if (type.startsWith('Array')) return []
  return /Int|Date/.test(type) ? 0 : type.startsWith('Decimal') ? '0' : ''
}

const phone = '+79261234567'
const email = 'ivan@mail.test'

/**
 * One customer: an ad click, a form, a call, a direct return and a deal that is won. Beside them an office phone that
 * two persons share, and the id of a person who was merged into the customer.
 */
export async function fillHistory(store: Pick<Store, 'insert'>): Promise<void> {
  for (const [table, rows] of Object.entries(tables())) await store.insert(table, rows)
  await insertConversions(store, conversions)
}

function tables(): Record<string, Row[]> {
  return {
    identities: identities.map((row) => ({ ...identity, ...row })),
    edges: edges.map((row) => ({ ...edge, ...row })),
    sessions,
    events,
    calls,
    call_matches: [callMatch],
    provider_clocks: clocks,
    leads,
    deals,
    postbacks,
    annotations,
    leases,
  }
}

/** A day and a minute of November. */
export function at(day: number, minute: number): string {
  return `2026-11-${String(day).padStart(2, '0')}T10:${String(minute).padStart(2, '0')}:00.000Z`
}

const identity = {
  site: 'shop',
  person: 'panna',
  founds: '',
  shared: 0,
  candidates: [],
  since: at(1, 4),
  because_fact: 'event',
  because_id: 'f1',
  because_at: at(1, 4),
  because_kind: 'visitor',
  because_value: 'v1',
  version: 1,
  is_deleted: 0,
}

const identities = [
  {
    ...{ kind: 'visitor', value: 'v1', founds: 'panna', since: at(1, 0) },
    ...{ because_id: 'e1', because_at: at(1, 0), because_kind: '', because_value: '' },
  },
  { kind: 'phone', value: phone, founds: 'pmerged' },
  {
    ...{ kind: 'email', value: email, because_fact: 'lead', because_id: 'chat1' },
    ...{ because_kind: 'lead', because_value: 'chat1' },
  },
  { kind: 'ga', value: '123.456' },
  { kind: 'session', value: 's1' },
  { kind: 'lead', value: 'f1' },
  { kind: 'lead', value: 'chat1' },
  { kind: 'call', value: 'c1' },
  { kind: 'deal', value: 'd1', because_fact: 'deal', because_id: 'd1', because_kind: 'phone', because_value: phone },
  { kind: 'contact', value: 'crm1' },
  { kind: 'user', value: 'gone', is_deleted: 1 },
  { kind: 'visitor', value: 'v9', person: 'pother', founds: 'pother' },
  {
    ...{ kind: 'phone', value: '+74957777777', person: '', founds: 'poffice', candidates: ['panna', 'pother'] },
    ...{ shared: 1, shared_rule: 'visitor', shared_max: 12 },
  },
  { kind: 'visitor', value: 'v10', person: 'pthird', founds: 'pthird' },
  { kind: 'visitor', value: 'v11', person: 'pfourth', founds: 'pfourth' },
]

const edge = {
  ...{
    site: 'shop',
    fact: 'event',
    fact_id: 'f1',
    at: at(1, 4),
    received_at: at(1, 4),
    node: 'n1',
    segment: 1,
    row: 0,
  },
  ...{ claimed: 1, joins: 1, reason: 'joined', version: 1, is_deleted: 0 },
}

const edges = [
  { a_kind: 'phone', a_value: phone, b_kind: 'visitor', b_value: 'v1' },
  {
    ...{ a_kind: 'deal', a_value: 'd1', b_kind: 'phone', b_value: phone },
    ...{ fact: 'deal', fact_id: 'd1', at: at(3, 0), received_at: at(3, 0), claimed: 0 },
  },
  { a_kind: 'phone', a_value: '+74957777777', b_kind: 'visitor', b_value: 'v1', joins: 0, reason: 'shared' },
  { a_kind: 'phone', a_value: '+74957777777', b_kind: 'visitor', b_value: 'v9', joins: 0, reason: 'shared' },
  { a_kind: 'phone', a_value: '+74950000000', b_kind: 'visitor', b_value: 'v9', joins: 0, reason: 'blocked' },
  { a_kind: 'phone', a_value: '+74950000000', b_kind: 'visitor', b_value: 'v10', joins: 0, reason: 'blocked' },
  {
    a_kind: 'visitor',
    a_value: 'v1',
    b_kind: 'visitor',
    b_value: 'v10',
    fact: 'annotation',
    joins: 0,
    reason: 'apart',
  },
]

export const callMatch = {
  site: 'shop',
  id: 'c1',
  at: at(1, 6),
  from: phone,
  to: '+74951000001',
  direction: 'in',
  status: 'answered',
  ...{ duration: 60, talk: 40, wait: 5 },
  recording_url: 'https://pbx.test/c1.mp3',
  operator: 'Olga',
  provider: 'pbx',
  tags: ['vip'],
  pool: 'main',
  session: 's1',
  visitor: 'v1',
  person: 'panna',
  confidence: 0.99,
  reason: 'number_on_screen',
  clock_skew_ms: 3 * 3_600_000 + 2_000,
  candidates: '[{"session":"s1","visitor":"v1","confidence":0.99,"reason":"number_on_screen"}]',
  ...{ source: '', medium: '', campaign: '', channel: '', version: 1, is_deleted: 0 },
}

const clock = { site: 'shop', provider: 'pbx', skew_ms: 0, jitter_ms: 3000, calls: 9, version: 1, is_deleted: 0 }
const clocks = [
  { ...clock, period: '2026-10-29', shift_ms: 0, agreeing: 5, told: 5 },
  { ...clock, period: '2026-10-30T08:00:00.000Z', shift_ms: 3 * 3_600_000, skew_ms: 2_000, agreeing: 37, told: 40 },
  { ...clock, period: '2026-11-03T08:00:00.000Z', shift_ms: 3 * 3_600_000, skew_ms: 2_000, agreeing: 8, told: 8 },
]

const s1 = { session: 's1', at: at(1, 0), channel: 'paid_search', source: 'yandex', medium: 'cpc', campaign: 'brand' }
const s2 = { session: 's1.2', at: at(2, 0) }
const conversions = [
  { id: 'f1', at: at(1, 4), person: 'panna', session: 's1', first: 1, target: 1, path: [s1] },
  { id: 'chat1', at: at(1, 7), lead_kind: 'chat', person: 'panna', path: [s1] },
  {
    id: 'c1',
    at: at(1, 6),
    fact: 'call',
    lead_kind: 'call',
    status: 'answered',
    person: 'panna',
    session: 's1',
    path: [s1],
  },
  {
    id: 'd1',
    at: at(3, 0),
    kind: 'deal',
    fact: 'deal',
    lead_kind: '',
    status: 'won',
    stage: 'new',
    value: '45000',
    currency: 'RUB',
    closed_at: at(9, 0),
    person: 'panna',
    session: 's1',
    path: [s1, s2],
  },
  { id: 'd0', at: at(4, 0), kind: 'deal', fact: 'deal', lead_kind: '', status: 'open', person: 'pother', visitor: '' },
]

const yandex = {
  source: 'yandex',
  medium: 'cpc',
  campaign: 'brand',
  channel: 'paid_search',
  click_ids: { yclid: '77' },
}

const sessions: Row[] = [
  sessionRow({
    id: 's1',
    visitor: 'v1',
    person: 'panna',
    started_at: at(1, 0),
    ended_at: at(1, 9),
    ...yandex,
    pages: 2,
    numbers: ['+74951000001'],
    landing_url: `https://shop.test/?email=${email}`,
  }),
  sessionRow({ id: 's1.2', visitor: 'v1', person: 'panna', started_at: at(2, 0), ended_at: at(2, 1) }),
  sessionRow({ id: 's9', visitor: 'v9', person: 'pother', started_at: at(2, 0) }),
  sessionRow({ id: 'sbot', visitor: 'vbot', person: '', bot: 1, started_at: at(2, 0) }),
]

const events: Row[] = [
  factRow('events', {
    id: 'e1',
    type: 'page',
    at: at(1, 0),
    visitor: 'v1',
    session: 's1',
    url: 'https://shop.test/',
    title: 'Home',
  }),
  factRow('events', {
    id: 'e1',
    type: 'page',
    at: at(1, 0),
    visitor: 'v1',
    session: 's1',
    url: 'https://shop.test/',
    title: 'Repeated',
    received_at: at(1, 5),
    row: 9,
  }),
  factRow('events', {
    id: 'f1',
    type: 'form',
    at: at(1, 4),
    visitor: 'v1',
    session: 's1',
    url: 'https://shop.test/',
    form_id: 'order',
    form_name: 'Order',
    form_fields: { phone: '8 (926) 123-45-67', comment: 'Call me' },
    phone,
    contact_name: 'Анна',
  }),
  factRow('events', {
    id: 'k1',
    type: 'click',
    at: at(1, 5),
    visitor: 'v1',
    session: 's1',
    click_kind: 'phone',
    click_target: '+74951000001',
  }),
  factRow('events', { id: 'x1', type: 'leave', at: at(1, 9), visitor: 'v1', session: 's1' }),
  factRow('events', {
    id: 'e2',
    type: 'page',
    at: at(2, 0),
    visitor: 'v1',
    session: 's1',
    url: 'https://shop.test/flats',
  }),
  factRow('events', {
    id: 'm1',
    type: 'custom',
    at: at(2, 1),
    visitor: 'v1',
    session: 's1',
    name: 'plan',
    props: '{"rooms":2}',
  }),
  factRow('events', { id: 'e9', type: 'page', at: at(2, 0), visitor: 'v9', session: 's9' }),
]

const calls: Row[] = [
  factRow('calls', { id: 'c1', at: at(1, 6), body: `{"id":"c1","from":"${phone}","to":"+74951000001","talk":40}` }),
]

const leads: Row[] = [
  factRow('leads', {
    id: 'chat1',
    at: at(1, 7),
    kind: 'chat',
    name: 'Anna',
    email,
    text: `Write to ${email}`,
    version: 1,
    body: '{}',
  }),
  factRow('leads', {
    id: 'chat1',
    at: at(1, 7),
    kind: 'chat',
    name: 'Wrong',
    version: 0,
    received_at: at(1, 8),
    body: '{}',
  }),
  factRow('leads', { id: 'f1', at: at(1, 4), kind: 'form', name: 'Anna', phone, body: '{}' }),
]

const deals: Row[] = [
  factRow('deals', {
    id: 'd1',
    at: at(3, 0),
    status: 'open',
    stage: 'new',
    amount: '45000',
    currency: 'RUB',
    created_at: at(3, 0),
    contact_id: 'crm1',
    contact_name: 'Anna K.',
    phones: [phone],
    url: 'https://crm.test/d1',
    body: `{"id":"d1","status":"open","contact":{"phones":["${phone}"]}}`,
  }),
  factRow('deals', {
    id: 'd1',
    at: at(9, 0),
    status: 'won',
    received_at: at(9, 1),
    body: '{"id":"d1","status":"won"}',
  }),
  factRow('deals', {
    id: 'd1',
    at: at(9, 0),
    status: 'won',
    received_at: at(9, 2),
    body: '{"id":"d1","status":"won"}',
  }),
]

const postbacks: Row[] = [
  {
    site: 'shop',
    destination: 'ads',
    webhook_id: 'w1',
    event: 'deal_won',
    deal: 'd1',
    person: 'panna',
    state: 'sent',
    attempts: 1,
    created_at: at(9, 3),
    tried_at: at(9, 3),
    next_at: null,
    answer_status: 204,
    error: '',
    version: 1,
    is_deleted: 0,
  },
]

const annotations: Row[] = [
  factRow('annotations', {
    id: 'a1',
    at: at(9, 5),
    on_kind: 'deal',
    on_id: 'd1',
    verdict: 'target',
    comment: 'Good one',
  }),
]

const leases: Row[] = [
  factRow('leases', {
    id: 'le1',
    change: 'taken',
    pool: 'main',
    number: '+74951000001',
    visitor: 'v1',
    session: 's1',
    from: at(1, 0),
    seen: at(1, 1),
    to: at(1, 3),
    received_at: at(1, 0),
  }),
  factRow('leases', {
    id: 'le1',
    change: 'released',
    pool: 'main',
    number: '+74951000001',
    visitor: 'v1',
    session: 's1',
    from: at(1, 0),
    seen: at(1, 9),
    to: at(1, 11),
    received_at: at(1, 9),
  }),
]
