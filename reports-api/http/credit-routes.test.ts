import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { creditModels } from '#domain/credit.ts'
import { insertConversions, sessionRow } from '#reports-api/registry/hand-made-history.ts'
import { freshStore } from '#tests/support/fresh-store.ts'
import { CreditAnswer } from './credit-answers.ts'
import { makeTestApp, type TestApp } from './test-app.ts'

let store: Awaited<ReturnType<typeof freshStore>>
let http: TestApp
const day = (of: number) => `2026-11-${String(of).padStart(2, '0')}T10:00:00.000Z`

beforeAll(async () => {
  store = await freshStore()
  http = await makeTestApp(() => store)
  const path = [
    { channel: 'paid_search', at: '2026-02-01T10:00:00.000Z', session: 's0' },
    { channel: 'paid_search', at: day(1), session: 's1' },
    { channel: 'email', at: day(3), session: 's2' },
    { channel: 'paid_search', at: day(5), session: 's3' },
    { channel: 'direct', at: day(8), session: 's4' },
  ]
  const deal = { kind: 'deal', fact: 'deal', lead_kind: '', status: 'won', person: 'p1', currency: 'RUB' }
  await insertConversions(store, [
    { ...deal, id: 'd1', at: day(10), value: '100', path },
    { ...deal, id: 'd2', at: day(10), value: null, person: 'p2', uncredited: 'no_touches', path: [] },
    { id: 'f1', person: 'p1', session: 's2', also: ['w1'], first: 1, at: day(3), path: path.slice(0, 3) },
    {
      id: 'c1',
      fact: 'call',
      lead_kind: 'call',
      person: 'p1',
      session: '',
      first: 0,
      at: day(4),
      path: path.slice(0, 3),
    },
  ])
  await store.insert('sessions', [sessionRow({ id: 'x', person: 'p9', started_at: day(2), channel: 'email' })])
})

afterAll(async () => {
  await http.app.close()
  await store.drop()
})

interface Step {
  channel: string
  weight: number
  credit: string | null
  counted: boolean
  explanation: { en: string; ru: string }
}

async function ask(what: string, more = '') {
  const { status, body } = await http.get(`/v1/${what}/credit?site=shop${more}`)
  expect([what, more, status]).toEqual([what, more, 200])
  return CreditAnswer.parse(body)
}

const told = (steps: readonly Step[]) => steps.map(({ credit, explanation: { en } }) => [credit, en])

describe('the credit of one deal', () => {
  const tooOld = ['0.00', 'Older than 180 days, so it does not count.']
  const later = ['0.00', 'A later touch takes the credit.']
  test.each([
    [
      'last_non_direct',
      [
        tooOld,
        later,
        later,
        ['100.00', 'The last touch that is not direct.'],
        ['0.00', 'A direct visit: the credit is with what had brought them before.'],
      ],
    ],
    [
      'position_w',
      [
        tooOld,
        ['30.00', 'The first touch.'],
        ['30.00', 'The touch that led to the request.'],
        ['10.00', 'None of the milestones; such touches share evenly.'],
        ['30.00', 'The last touch before the deal.'],
      ],
    ],
    [
      'time_decay',
      [
        tooOld,
        ['17.5285', '7 days older than the newest touch; the credit halves with every 7 days.'],
        ['21.3674', '5 days older than the newest touch; the credit halves with every 7 days.'],
        ['26.0472', '3 days older than the newest touch; the credit halves with every 7 days.'],
        ['35.0569', 'The newest touch.'],
      ],
    ],
    [
      'shapley',
      [
        tooOld,
        ['16.6667', 'One of 3 channels, each gets the same. Its 2 touches share that evenly.'],
        ['33.3333', 'One of 3 channels, each gets the same.'],
        ['16.6667', 'One of 3 channels, each gets the same. Its 2 touches share that evenly.'],
        ['33.3333', 'One of 3 channels, each gets the same.'],
      ],
    ],
    [
      'linear_contact',
      [
        tooOld,
        ['0.00', 'No request that is credited came from here.'],
        ['100.00', '2 of 2 requests came from here.'],
        ['0.00', 'No request that is credited came from here.'],
        ['0.00', 'No request that is credited came from here.'],
      ],
    ],
  ])('is told with the reason of each touch: %s', async (model, expected) => {
    const { steps, uncredited } = await ask('deals/d1', `&model=${model}`)
    expect(told(steps)).toEqual(expected)
    expect(uncredited).toBeNull()
  })

  test('says what would be lost without each channel', async () => {
    const { steps } = await ask('deals/d1', '&model=markov&direct=false')
    expect(told(steps).map(([, why]) => why)).toEqual([
      tooOld[1],
      'Without this channel 100% of the deals would be lost. Its 2 touches share that evenly.',
      expect.stringMatching(/^Without this channel \d+% of the deals would be lost\.$/),
      'Without this channel 100% of the deals would be lost. Its 2 touches share that evenly.',
      'Direct visits are left out here.',
    ])
  })

  test('says why nobody is credited, and gives no part of what has no amount', async () => {
    expect(await ask('deals/d2')).toMatchObject({
      steps: [],
      value: null,
      uncredited: {
        ...{ reason: 'no_touches', weight: 1, credit: null },
        explanation: { en: 'No visit of this person is known.', ru: expect.any(String) },
      },
    })
    expect((await ask('deals/d1', '&lookback_days=1')).uncredited).toMatchObject({
      ...{ reason: 'beyond_lookback', weight: 1, credit: '100.00' },
      explanation: { en: 'All visits are older than 1 day.' },
    })
  })
})

test.each(['deals/d1', 'leads/f1', 'leads/w1', 'calls/c1'])(
  'adds up to one by every model, each touch in words of both languages: %s',
  async (what) => {
    let seen = 0
    for (const model of creditModels) {
      const { steps, uncredited, value } = await ask(what, `&model=${model}`)
      const weights = [...steps, ...(uncredited ? [uncredited] : [])].map(({ weight }) => weight)
      expect([model, weights.reduce((sum, weight) => sum + weight, 0)]).toEqual([model, expect.closeTo(1, 12)])
      if (value !== null) expect(steps.reduce((sum, { credit }) => sum + Number(credit), 0)).toBeCloseTo(100, 8)
      for (const { explanation, weight, counted } of steps) {
        expect(explanation.en).not.toMatch(/[{}]|As the model/)
        expect(explanation.ru).toMatch(/^[^{}]*[а-я][^{}]*$/i)
        if (!counted) expect(weight).toBe(0)
        seen++
      }
    }
    expect(seen).toBeGreaterThanOrEqual(creditModels.length * 3)
  },
  60_000,
)

test('is told of a request whichever of its ids is named', async () => {
  const lead = await ask('leads/w1')
  expect(lead).toEqual(await ask('leads/f1'))
  expect(lead).toMatchObject({ id: 'f1', kind: 'lead' })
})

test.each([
  ['/v1/deals/nobody/credit?site=shop', 404, 'fact_not_found'],
  ['/v1/deals/d1/credit?site=shop&model=best', 400, 'unknown_model'],
  ['/v1/deals/d1/credit?site=shop&model=linear&weights=1,2,3', 400, 'bad_request'],
])('refuses %s', async (url, status, code) => {
  const answer = await http.get(url)
  expect([answer.status, (answer.body.error as { code: string }).code]).toEqual([status, code])
})
