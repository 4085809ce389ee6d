import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nameMark } from '#domain/full-name.ts'
import { findSameRequest, type Request } from './same-request.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND

const blank: Omit<Request, 'id' | 'at'> = {
  ...{ isForm: false, kind: 'form', visitor: '', session: '', ga: '', ym: '', user: '', phones: ['+79261112233'] },
  ...{ emails: [], name: 0, form_id: '', url: 'https://shop.example/flats' },
}
const form = (id: string, at: number, said: Partial<Request> = {}): Request => ({
  ...{ ...blank, id, at, isForm: true, visitor: 'v1', session: 's1', form_id: 'order' },
  ...said,
})
const message = (id: string, at: number, said: Partial<Request> = {}): Request => ({ ...blank, id, at, ...said })

function same(id: string, all: readonly Request[]) {
  const one = all.find((request) => request.id === id) as Request
  return findSameRequest(one, (request) => all.filter((other) => other.id !== request.id))
}

describe('a form that is sent again', () => {
  test.each<[string, Request, string | undefined]>([
    ['is the first', form('g', 30 * SECOND), 'f'],
    ['under another name is another request', form('g', 30 * SECOND, { form_id: 'callback' }), undefined],
    ['of somebody else is another request', form('g', 30 * SECOND, { name: nameMark('Мария Котова') }), undefined],
    [
      'with an email in the place of the phone is another',
      form('g', SECOND, { phones: [], emails: ['a@mail.ru'] }),
      undefined,
    ],
    ['is the first when the same name is in it', form('g', SECOND, { name: nameMark('Орлов Пётр') }), 'f'],
    ['is the first when the code of the site tells it without a form', form('g', SECOND, { form_id: '' }), 'f'],
  ])('%s', (_, again, expected) => {
    expect(same('g', [form('f', 0, { name: nameMark('Пётр Орлов') }), again])?.id).toBe(expected)
  })
})

describe('a message about a form', () => {
  test.each<[string, Request, string | undefined]>([
    ['is the form when they name the same phone', message('w', 2 * SECOND), 'f'],
    ['is the form though its clock is behind', message('w', -MINUTE), 'f'],
    ['is no form that came later than a clock may be off', message('w', -MINUTE - 1), undefined],
    ['is the form when the last of the retries wrote its own moment', message('w', 10 * MINUTE), 'f'],
    ['is a request of its own after that', message('w', 10 * MINUTE + 1), undefined],
    ['is the form by visitor alone', message('w', 0, { phones: [], visitor: 'v1' }), 'f'],
    ['of another phone is another request', message('w', 0, { phones: ['+79160000000'], visitor: 'v1' }), undefined],
    ['of another visitor is another request', message('w', 0, { visitor: 'v2' }), undefined],
    ['names nothing the form names', message('w', 0, { phones: [] }), undefined],
    ['from another page is another request', message('w', 0, { url: 'https://shop.example/parking' }), undefined],
    ['may name its card in the CRM instead of the page', message('w', 0, { url: 'https://crm.example/lead/7' }), 'f'],
    ['by email connector is the form', message('w', 0, { kind: 'email' }), 'f'],
    ['is no chat', message('w', 0, { kind: 'chat' }), undefined],
    ['is no order on a marketplace', message('w', 0, { kind: 'marketplace' }), undefined],
  ])('%s', (_, webhook, expected) => {
    expect(same('w', [form('f', 0), webhook])?.id).toBe(expected)
  })

  test('says why it is the same', () => {
    const both = { emails: ['ann@mail.ru'], ga: '1.2' }
    expect(same('w', [form('f', 0, both), message('w', 2 * SECOND, both)])).toEqual({
      ...{ id: 'f', rule: 'message_of_form', by: ['ga', 'phone', 'email'], apart_ms: 2 * SECOND },
    })
  })

  test('goes to the nearer of two forms asked within minutes', () => {
    const all = [
      form('f1', 0),
      form('f2', 3 * MINUTE, { form_id: 'call' }),
      message('w1', 2 * SECOND),
      message('w2', 3 * MINUTE + 2 * SECOND),
    ]
    expect([same('w1', all)?.id, same('w2', all)?.id, same('f2', all)]).toEqual(['f1', 'f2', undefined])
  })

  test('about a form nobody saw is a request of its own when the other form has its message', () => {
    const all = [form('f1', 0), message('w1', 2 * SECOND), message('w2', 3 * MINUTE)]
    expect([same('w1', all)?.id, same('w2', all)]).toEqual(['f1', undefined])
    const own = form('f1', 0, { message: { kind: 'form', at: SECOND } })
    expect(same('w2', [own, message('w2', 3 * MINUTE)])).toBeUndefined()
  })

  test('and one of another sender about it are both the form', () => {
    const all = [form('f', 0), message('w', 2 * SECOND), message('crm', 4 * MINUTE, { kind: 'other', url: '' })]
    expect([same('w', all)?.id, same('crm', all)?.id]).toEqual(['f', 'f'])
  })
})

describe('a form sent twice', () => {
  test.each<[string, Request, string | undefined]>([
    ['within a minute is one', form('g', MINUTE), 'f'],
    ['after a minute is two', form('g', MINUTE + 1), undefined],
    ['is another form of the page when its id is', form('g', SECOND, { form_id: 'call' }), undefined],
    ['by two visitors of one office is two', form('g', SECOND, { visitor: 'v2', session: 's2' }), undefined],
    ['with the phone only the second time is one', form('g', SECOND, { phones: [] }), 'f'],
    ['with another phone is two', form('g', SECOND, { phones: ['+79160000000'] }), undefined],
    ['from another page is two', form('g', SECOND, { url: 'https://shop.example/' }), undefined],
  ])('%s', (_, again, expected) => {
    expect(same('g', [form('f', 0), again])?.id).toBe(expected)
    expect(same('f', [form('f', 0), again])).toBeUndefined()
  })
})

describe('a message sent twice under two ids', () => {
  test.each<[string, Request, string | undefined]>([
    ['within a minute is one', message('x', MINUTE), 'w'],
    ['after a minute is two', message('x', MINUTE + 1), undefined],
    ['of another kind is two', message('x', SECOND, { kind: 'chat' }), undefined],
  ])('%s', (_, again, expected) => {
    expect(same('x', [message('w', 0), again])?.id).toBe(expected)
  })
})

test('what is the same does not depend on the order of requests, and never leads in a circle', () => {
  const any = fc.array(
    fc.record({
      ...{ at: fc.integer({ min: 0, max: 12 }).map((half) => half * 30 * SECOND), isForm: fc.boolean() },
      ...{ kind: fc.constantFrom('form', 'other', 'chat'), visitor: fc.constantFrom('', 'v1', 'v2') },
      ...{ phones: fc.constantFrom([], ['+79261112233'], ['+79160000000']), form_id: fc.constantFrom('', 'order') },
    }),
    { maxLength: 8 },
  )
  let found = 0
  fc.assert(
    fc.property(any, (said) => {
      const all = said.map((one, index) =>
        message(`r${index}`, one.at, { ...one, kind: one.isForm ? 'form' : one.kind }),
      )
      for (const { id } of all) {
        const best = same(id, all)
        expect(same(id, all.toReversed())).toEqual(best)
        if (best) found += 1
        const way = new Set([id])
        for (let next = best; next; next = same(next.id, all)) {
          expect(way.has(next.id)).toBe(false)
          way.add(next.id)
        }
      }
    }),
    { numRuns: 500 },
  )
  expect(found).toBeGreaterThan(100)
})
