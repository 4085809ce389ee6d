import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { FactRow } from '#storage/fact-tables.ts'
import { factRow } from '#tests/support/matching-world.ts'
import type { Fact } from '../facts/fact-rows.ts'
import { dealState, newestMessage, newestVerdict } from './newest.ts'

/** A message about deal d1; `row` is the order of receipt. */
function message(row: number, said: Partial<FactRow<'deals'>>): Fact<'deals'> {
  const deal = factRow('deals', { id: 'd1', status: 'open', at: row, received_at: row, ...said })
  return { ...deal, node: 'n', table: 'deals', segment: 0, row }
}

describe('a deal', () => {
  test('is what its newest message says, not the one received last', () => {
    const state = dealState([message(1, { at: 50, status: 'won' }), message(2, { at: 10, status: 'open' })])
    expect(state?.deal.status).toBe('won')
  })

  test('keeps what newer messages leave out', () => {
    const state = dealState([
      message(1, { amount: '10', manager: 'Ann', phones: ['+79260000001'], contact_id: 'k1' }),
      message(2, { amount: '0', status: 'won' }),
      message(3, { stage: 'paid', status: 'won' }),
    ])
    expect(state?.deal).toMatchObject({
      amount: '0',
      manager: 'Ann',
      stage: 'paid',
      phones: ['+79260000001'],
      contact_id: 'k1',
    })
  })

  test.each([
    ['keeps the reason it was lost for while it stays lost', ['lost', 'lost'], 'price'],
    ['that was taken up again has no reason to be lost any more', ['lost', 'open', 'won'], null],
    ['that is lost again without a word has not the reason of before', ['lost', 'open', 'lost'], null],
  ])('%s', (_, path, reason) => {
    const said = path.map((status, row) => message(row, { status, reason: row === 0 ? 'price' : null }))
    expect(dealState(said)?.deal.reason).toBe(reason)
  })

  test('was created when the CRM says, else when it was first heard of', () => {
    expect(dealState([message(5, {}), message(7, { created_at: 3 })])?.created_at).toBe(3)
    expect(dealState([message(7, {}), message(5, {})])?.created_at).toBe(5)
  })

  test.each([
    ['was closed when it was won, not when it was last touched', ['open', 'won', 'won'], 1],
    ['is not closed once opened again', ['won', 'open'], null],
    ['was closed the last time it was won', ['won', 'open', 'won'], 2],
    ['that was won and then lost was closed when it was lost', ['won', 'lost', 'lost'], 1],
  ])('%s', (_, path, closed_at) => {
    expect(dealState(path.map((status, row) => message(row, { status })))?.closed_at).toBe(closed_at)
  })

  test('is the same whatever the order its messages came in', () => {
    const said = fc.record({
      ...{ at: fc.nat({ max: 4 }), version: fc.nat({ max: 2 }), status: fc.constantFrom('open', 'won', 'lost') },
      ...{
        amount: fc.constantFrom(null, '1', '2'),
        reason: fc.constantFrom(null, 'price'),
        contact_id: fc.constantFrom('', 'k1', 'k2'),
      },
    })
    fc.assert(
      fc.property(fc.array(said, { minLength: 1, maxLength: 8 }), (all) => {
        const messages = all.map((one, row) => message(row, { ...one, received_at: 0 }))
        expect(dealState(messages.toReversed())).toEqual(dealState(messages))
      }),
    )
  })
})

describe('a call or lead', () => {
  const call = (row: number, version: number): Fact<'calls'> => ({
    ...factRow('calls', { id: 'c1', version, received_at: row }),
    ...{ node: 'n', table: 'calls', segment: 0, row },
  })

  test('is what its highest version says, then what was received later', () => {
    expect(newestMessage([call(1, 2), call(2, 1)])?.row).toBe(1)
    expect(newestMessage([call(3, 1), call(2, 1)])?.row).toBe(3)
    expect(newestMessage([])).toBeUndefined()
  })

  test('has the newest verdict; a comment does not take it back', () => {
    const said = (row: number, verdict: string): Fact<'annotations'> => ({
      ...factRow('annotations', { id: `a${row}`, at: row, verdict }),
      ...{ node: 'n', table: 'annotations', segment: 0, row },
    })
    expect(newestVerdict([said(3, ''), said(2, 'spam'), said(1, 'target')])).toBe('spam')
    expect(newestVerdict([])).toBe('')
  })
})
