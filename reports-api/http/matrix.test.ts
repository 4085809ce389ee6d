import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Channel } from '#domain/channel.ts'
import { creditModels } from '#domain/credit.ts'
import { formatMoney, parseMoney } from '#domain/money.ts'
import { insertConversions, type MadeConversion, sessionRow } from '#reports-api/registry/hand-made-history.ts'
import { freshStore } from '#tests/support/fresh-store.ts'
import { makeTestApp, type TestApp } from './test-app.ts'

const DAY_MS = 86_400_000
const bought_at_ms = Date.parse('2026-11-20T00:00:00.000Z')
const before = (days: number) => new Date(bought_at_ms - days * DAY_MS).toISOString()

/** A person who looks at projects, asks about some, and buys. */
interface Story {
  path: { days: number; channel: Channel; campaign: string; project: string }[]
  requests: { days: number; project: string; from: number }[]
  status: 'won' | 'open'
  value: string
  currency: string
  project: string
}

const anyProject = fc.constantFrom('', 'sosny', 'lesa', 'park')
const anyDays = fc.integer({ min: 0, max: 300 })
const anyStory: fc.Arbitrary<Story> = fc.record({
  path: fc
    .array(
      fc.record({
        days: anyDays,
        channel: fc.constantFrom<Channel>('direct', 'paid_search', 'organic_search', 'email', 'referral'),
        campaign: fc.constantFrom('', 'brand', 'spring'),
        project: anyProject,
      }),
      { maxLength: 7 },
    )
    .map((path) => path.toSorted((a, b) => b.days - a.days)),
  requests: fc.array(
    fc.record({ days: fc.integer({ min: -3, max: 250 }), project: anyProject, from: fc.integer({ min: 0, max: 9 }) }),
    { maxLength: 2 },
  ),
  status: fc.constantFrom('won', 'open'),
  value: fc.integer({ min: 0, max: 10_000_000_000 }).map((units) => (units / 10_000).toFixed(4)),
  currency: fc.constantFrom('RUB', 'RUB', 'RUB', 'USD'),
  project: anyProject,
})
const stories = fc.sample(anyStory, { numRuns: 120, seed: 11 })

let store: Awaited<ReturnType<typeof freshStore>>
let http: TestApp

beforeAll(async () => {
  store = await freshStore()
  http = await makeTestApp(() => store)
  await insertConversions(store, stories.flatMap(conversionsOf))
  await store.insert(
    'sessions',
    stories.flatMap(({ path }, index) =>
      path.map(({ days, channel, campaign, project }, step) =>
        sessionRow({
          id: `s${index}-${step}`,
          person: `p${index}`,
          started_at: before(days),
          channel,
          campaign,
          project,
        }),
      ),
    ),
  )
})

afterAll(async () => {
  await http.app.close()
  await store.drop()
})

function conversionsOf({ path, requests, ...deal }: Story, index: number): MadeConversion[] {
  const person = `p${index}`
  const touches = path.map(({ days, channel, campaign }, step) => ({
    ...{ channel, campaign, source: channel, at: before(days), session: `s${index}-${step}` },
  }))
  return [
    { id: `d${index}`, kind: 'deal', fact: 'deal', lead_kind: '', person, at: before(0), path: touches, ...deal },
    ...requests.map(({ days, project, from }, number) => ({
      ...{ id: `q${index}-${number}`, person, project, at: before(days) },
      session: touches[from]?.session ?? '',
      path: touches.filter((_, step) => (path[step] as Story['path'][number]).days >= days),
    })),
  ]
}

const scope = { site: 'shop', from: '2026-01-01', to: '2026-11-30' }

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into field by field, and a wrong one fails the test.
type AnyJson = any

async function ask(path: string, body: object): Promise<AnyJson> {
  const answer = await http.send('POST', `/v1/reports/${path}`, { ...scope, ...body }, { token: 'reports' })
  expect([answer.status, answer.body.error]).toEqual([200, undefined])
  return answer.body
}

interface Line extends Record<string, string | number> {
  conversion: string
  conversion_kind: 'lead' | 'deal'
  conversion_at: string
  status: string
  currency: string
  position: number
  at: string
  channel: string
  weight: number
  credit: string
}

interface Terms {
  model: string
  lookback_days: number
  direct: boolean
}

/** Every conversion as the stream of touchpoints tells it. */
async function pathsUnder({ model, lookback_days, direct }: Terms): Promise<Line[][]> {
  const query = `from=2026-01-01&to=2026-11-30&model=${model}&lookback_days=${lookback_days}&direct=${direct}`
  const { body } = await http.get(`/v1/touchpoints?site=shop&${query}`)
  const byConversion = new Map<string, Line[]>()
  for (const text of (body.text as string).split('\n').filter(Boolean)) {
    const line = JSON.parse(text) as Line
    byConversion.set(line.conversion, [...(byConversion.get(line.conversion) ?? []), line])
  }
  return [...byConversion.values()]
}

/** Sums by name: [leads, won deals, revenue in ten-thousandths]. */
class Sums {
  readonly #sums = new Map<string, [number, number, bigint]>()

  add(name: string, { conversion_kind, status, currency, weight, credit }: Line): void {
    const [leads, won, revenue] = this.#sums.get(name) ?? [0, 0, 0n]
    const isWon = conversion_kind === 'deal' && status === 'won'
    this.#sums.set(name, [
      leads + (conversion_kind === 'lead' ? weight : 0),
      won + (isWon ? weight : 0),
      revenue + (isWon && currency === 'RUB' ? (parseMoney(credit) as bigint) : 0n),
    ])
  }

  of(name: string) {
    const [leads, won, revenue] = this.#sums.get(name) ?? [0, 0, 0n]
    return { leads: expect.closeTo(leads, 5), deals_won: expect.closeTo(won, 5), revenue: formatMoney(revenue) }
  }

  names(prefix: string): string[] {
    return [...this.#sums.keys()].filter((name) => name.startsWith(prefix)).toSorted()
  }
}

/** The matrix by plain loops over paths. */
function assistedBy(paths: readonly Line[][], by: 'channel' | 'campaign', { lookback_days, direct }: Terms): Sums {
  const sums = new Sums()
  for (const lines of paths) {
    const counted = lines.filter(
      ({ position, at, conversion_at, channel }) =>
        position > 0 &&
        Date.parse(conversion_at) - Date.parse(at) <= lookback_days * DAY_MS &&
        (direct || channel !== 'direct'),
    )
    for (const line of lines.filter(({ weight }) => weight > 0)) {
      const credited = line.position === 0 ? null : line[by]
      sums.add('total', line)
      if (credited === null) sums.add('uncredited', line)
      for (const assist of new Set(counted.map((touch) => touch[by]))) {
        const role = assist === counted[0]?.[by] ? 'first' : assist === counted.at(-1)?.[by] ? 'last' : 'middle'
        sums.add(`row ${assist}`, line)
        sums.add(`cell ${assist} | ${credited}`, line)
        sums.add(`${assist === credited ? 'credited' : 'assisted'} ${assist}`, line)
        if (assist !== credited) {
          sums.add(`${role} ${assist}`, line)
          sums.add('assisted in all', line)
        }
      }
    }
  }
  return sums
}

describe('associated conversions', () => {
  test.each([
    ...creditModels.map((model) => [model, 'channel', 180, true] as const),
    ...(['last_non_direct', 'linear', 'markov', 'linear_contact'] as const).map(
      (model) => [model, 'campaign', 90, false] as const,
    ),
  ])(
    'under %s by %s within %i days are those found by hand, and every sum agrees',
    async (model, by, lookback_days, direct) => {
      const terms = { model, lookback_days, direct }
      const found = await ask('matrix', { kind: 'associated', by, attribution: terms, limit: 100 })
      const sums = assistedBy(await pathsUnder(terms), by, terms)
      expect(found.rows.map(({ value }: AnyJson) => `row ${value}`).toSorted()).toEqual(sums.names('row '))
      expect(found.rows_total).toBeGreaterThan(by === 'channel' ? 3 : 2)
      for (const row of found.rows) {
        expect([row.value, row.total]).toEqual([row.value, sums.of(`row ${row.value}`)])
        expect([row.value, row.credited]).toEqual([row.value, sums.of(`credited ${row.value}`)])
        expect([row.value, row.assisted]).toEqual([row.value, sums.of(`assisted ${row.value}`)])
        for (const role of ['first', 'middle', 'last']) {
          expect([row.value, role, row[`assisted_${role}`]]).toEqual([row.value, role, sums.of(`${role} ${row.value}`)])
        }
      }
      const named = (cell: AnyJson) => `cell ${cell.row} | ${cell.column}`
      expect(found.cells.map(named).toSorted()).toEqual(sums.names('cell '))
      for (const cell of found.cells) expect([named(cell), cell.values]).toEqual([named(cell), sums.of(named(cell))])
      for (const { value, total } of found.columns) {
        expect([value, total]).toEqual([value, sums.of(value === null ? 'uncredited' : `credited ${value}`)])
      }
      expect(found.totals).toEqual({
        ...{ total: sums.of('total'), uncredited: sums.of('uncredited'), assisted: sums.of('assisted in all') },
      })
      const report = await ask('query', { metrics: ['leads', 'deals_won', 'revenue'], attribution: terms })
      expect(found.totals.total).toEqual(report.totals)
    },
  )

  test.each(['last_non_direct', 'position_u', 'linear_contact'])(
    'open to the rows behind each cell: %s',
    async (model) => {
      const attribution = { model }
      const { cells, behind } = await ask('matrix', { kind: 'associated', attribution, limit: 100 })
      let opened = 0
      for (const [index, { row, column, values }] of cells.entries()) {
        const filters = [
          { ...behind.row, values: [row] },
          column === null ? behind.nobody : { ...behind.column, values: [column] },
        ]
        const metric = ['leads', 'deals_won', 'revenue'][index % 3] as string
        const { rows } = await ask('rows', { metric, filters, attribution, limit: 1000 })
        const sum = rows.reduce(
          (all: number, { weight, credit }: AnyJson) => all + Number(metric === 'revenue' ? credit : weight),
          0,
        )
        expect([row, column, metric, sum]).toEqual([row, column, metric, expect.closeTo(Number(values[metric]), 3)])
        opened += rows.length
      }
      expect(opened).toBeGreaterThan(25)
    },
  )

  test('are cut to the greatest, with totals of all', async () => {
    const attribution = { model: 'linear_contact' }
    const whole = await ask('matrix', { kind: 'associated', attribution })
    const cut = await ask('matrix', { kind: 'associated', attribution, limit: 2 })
    expect(cut.rows).toEqual(whole.rows.slice(0, 2))
    expect(cut.columns).toHaveLength(3)
    expect([cut.columns.at(-1).value, cut.totals, cut.rows_total]).toEqual([null, whole.totals, whole.rows_total])
    expect(cut.cells.length).toBeLessThanOrEqual(6)
  })

  test('can be asked of some conversions alone', async () => {
    const filters = [{ dimension: 'project', op: 'is', values: ['sosny'] }]
    const { totals } = await ask('matrix', { kind: 'associated', metrics: ['deals'], filters })
    expect(totals.total).toEqual({ deals: stories.filter(({ project }) => project === 'sosny').length })
  })

  test('name the currencies that were left out', async () => {
    const { meta } = await ask('matrix', { kind: 'associated' })
    expect(meta).toMatchObject({ currency: 'RUB', currencies_left_out: ['USD'], kind: 'associated', by: 'channel' })
  })
})

/** What a person of a story looked at or asked about first, within the look-back before a moment. */
function cameFor({ path, requests }: Story, days: number, lookback: number): string {
  const seen = [...path, ...requests]
    .filter((one) => one.project !== '' && one.days >= days && one.days - days <= lookback)
    .toSorted((a, b) => b.days - a.days || (a.project < b.project ? -1 : 1))
  return seen[0]?.project ?? ''
}

describe('internal cannibalisation', () => {
  test.each([180, 60])('within %i days is that found by hand, and opens to its deals', async (lookback_days) => {
    const attribution = { lookback_days }
    const metrics = ['deals', 'revenue', 'leads']
    const { cells, totals, rows } = await ask('matrix', { kind: 'cannibalisation', metrics, attribution })
    const expected = new Map<string, { deals: number; revenue: bigint; leads: number }>()
    const at = (key: string) => expected.get(key) ?? { deals: 0, revenue: 0n, leads: 0 }
    for (const story of stories) {
      const deal = `${cameFor(story, 0, lookback_days)} > ${story.project}`
      const isRevenue = story.status === 'won' && story.currency === 'RUB'
      const { deals, revenue, leads } = at(deal)
      const more = isRevenue ? (parseMoney(story.value) as bigint) : 0n
      expected.set(deal, { deals: deals + 1, revenue: revenue + more, leads })
      for (const { days, project } of story.requests) {
        const lead = `${cameFor(story, days, lookback_days)} > ${project}`
        expected.set(lead, { ...at(lead), leads: at(lead).leads + 1 })
      }
    }
    const found = cells.map(({ row, column, values }: AnyJson) => [`${row} > ${column}`, values])
    expect(Object.fromEntries(found)).toEqual(
      Object.fromEntries([...expected].map(([key, sums]) => [key, { ...sums, revenue: formatMoney(sums.revenue) }])),
    )
    expect(cells.length).toBeGreaterThan(10)
    const parts = [totals.same, totals.other, totals.unknown]
    expect(parts.reduce((sum, { deals }) => sum + deals, 0)).toBe(stories.length)
    expect(totals.other.deals).toBeGreaterThan(5)
    for (const { row, column, values, share_of_row } of cells) {
      const filters = [
        { dimension: 'first_project', op: 'is', values: [row] },
        { dimension: 'project', op: 'is', values: [column] },
      ]
      const behind = await ask('rows', { metric: 'deals', filters, attribution, limit: 1000, columns: ['weight'] })
      expect(behind.rows.reduce((sum: number, { weight }: AnyJson) => sum + weight, 0)).toBeCloseTo(values.deals, 6)
      const whole = rows.find(({ value }: AnyJson) => value === row).total.deals
      expect(share_of_row.deals).toBe(whole === 0 ? null : Math.round((values.deals / whole) * 1e6) / 1e6)
    }
  })

  test('of one source is what that source is credited with', async () => {
    const filters = [{ dimension: 'channel', op: 'is', values: ['email'] }]
    const { totals } = await ask('matrix', { kind: 'cannibalisation', metrics: ['deals'], filters })
    const report = await ask('query', { metrics: ['deals'], filters })
    expect(totals.total).toEqual(report.totals)
    expect(totals.total.deals).toBeGreaterThan(1)
  })
})

describe('a matrix', () => {
  test.each([
    [{ kind: 'associated', by: 'project' }, 'bad_request', 'by'],
    [{ kind: 'associated', by: 'mood' }, 'unknown_dimension', 'by'],
    [{ kind: 'cannibalisation', by: 'channel' }, 'bad_request', 'by'],
    [{ kind: 'friendship' }, 'bad_request', 'kind'],
    [{ kind: 'associated', metrics: ['visits'] }, 'bad_request', 'metrics.0'],
    [{ kind: 'associated', metrics: ['leads', 'cpl'] }, 'bad_request', 'metrics.1'],
    [{ kind: 'associated', metrics: ['hype'] }, 'unknown_metric', 'metrics.0'],
    [{ kind: 'associated', attribution: { model: 'guess' } }, 'unknown_model', 'attribution.model'],
    [{ kind: 'associated', limit: 101 }, 'bad_request', 'limit'],
    [{ kind: 'associated', from: '2026-12-01' }, 'bad_request', 'to'],
    [
      { kind: 'associated', filters: [{ dimension: 'channel', op: 'is', values: ['email'] }] },
      'bad_request',
      'filters.0.op',
    ],
    [
      { kind: 'associated', filters: [{ dimension: 'project', op: 'on_path', values: ['sosny'] }] },
      'bad_request',
      'filters.0.op',
    ],
  ])('refuses %j by name', async (given, code, field) => {
    const { status, body } = await http.send('POST', '/v1/reports/matrix', { ...scope, ...given }, { token: 'reports' })
    expect([status, body.error]).toMatchObject([400, { code, field: expect.stringContaining(field) }])
  })

  test('of nothing is empty', async () => {
    for (const kind of ['associated', 'cannibalisation']) {
      const { rows, columns, cells, totals } = await ask('matrix', { kind, from: '2020-01-01', to: '2020-01-02' })
      expect([rows, columns, cells]).toEqual([[], [], []])
      expect(totals.total).toEqual({ leads: 0, deals_won: 0, revenue: '0.00' })
    }
  })
})

describe('the money of a report', () => {
  const inRubles = stories.filter(({ status, currency }) => status === 'won' && currency === 'RUB')
  const whole = inRubles.reduce((sum, { value }) => sum + (parseMoney(value) as bigint), 0n)

  test.each(creditModels)('adds up to the last digit, whatever it is split by: %s', async (model) => {
    for (const [dimensions, lookback_days, direct] of [
      [['channel'], 180, true],
      [['campaign', 'channel'], 20, true],
      [['project', 'source'], 365, false],
    ] as const) {
      const attribution = { model, lookback_days, direct }
      const { rows, totals } = await ask('query', { metrics: ['revenue', 'deals', 'leads'], dimensions, attribution })
      const sum = rows.reduce((all: bigint, { revenue }: AnyJson) => all + (parseMoney(revenue) as bigint), 0n)
      expect([sum, totals.revenue]).toEqual([whole, formatMoney(whole)])
      const counts = rows.reduce((all: number, { deals, leads }: AnyJson) => all + deals + leads, 0)
      expect(counts).toBeCloseTo(stories.length + stories.flatMap(({ requests }) => requests).length, 3)
      expect(rows.length).toBeGreaterThan(4)
    }
    expect(inRubles.length).toBeGreaterThan(20)
  })
})

describe('a report by what was on the path', () => {
  test('counts whole conversions, whoever is credited, and says what cannot be filtered so', async () => {
    const filters = [{ dimension: 'channel', op: 'on_path', values: ['email', 'referral'] }]
    const { totals, meta } = await ask('query', { metrics: ['deals', 'visits'], filters })
    const within = stories.filter(({ path }) =>
      path.some(({ days, channel }) => days <= 180 && ['email', 'referral'].includes(channel)),
    )
    expect(totals).toEqual({ deals: within.length, visits: null })
    expect(meta.notes).toEqual(['visits cannot be filtered by channel on the path'])
    expect(within.length).toBeGreaterThan(20)
  })
})
