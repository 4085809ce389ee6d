import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { personId } from '#domain/identifier.ts'
import type { Claim } from './edge.ts'
import { Graph } from './graph.ts'
import { edgeChanges } from './identity-rows.ts'
import { recompute } from './recompute.ts'
import { claim, graphOf, type Named, person, split } from './test-graph.ts'

/** What a form says that is sent in the visit `s` of a tablet. */
function form(row: number, ...names: Named[]): Claim[] {
  const lead: Named = `lead:l${row}`
  return [
    claim(row, 'visitor:tablet', 'session:s'),
    claim(row, 'session:s', lead),
    ...names.flatMap((name) => [claim(row, 'visitor:tablet', name), claim(row, name, lead)]),
  ]
}

const phone = (number: number): Named => `phone:+7926111000${number}`
const email = (number: number): Named => `email:client${number}@mail.ru`
const wall = (graph: Graph, name: Named = 'session:s') => graph.find(...split(name))?.shared

describe('a visit in which forms are sent', () => {
  test.each<[string, Named[][], boolean]>([
    ['two phones', [[phone(1)], [phone(2)]], false],
    [
      'a phone and an email, and the same phone with another email',
      [
        [phone(1), email(1)],
        [phone(1), email(2)],
      ],
      false,
    ],
    ['a phone and an email, and another phone alone', [[phone(1), email(1)], [phone(2)]], false],
    [
      'two phones with an email of its own each',
      [
        [phone(1), email(1)],
        [phone(2), email(2)],
      ],
      true,
    ],
    [
      'the same, which a third form joins',
      [
        [phone(1), email(1)],
        [phone(2), email(2)],
        [phone(2), email(1)],
      ],
      false,
    ],
    ['two logins', [['user:ann'], ['user:bob']], true],
    ['three phones', [[phone(1)], [phone(2)], [phone(3)]], false],
    ['four phones', [[phone(1)], [phone(2)], [phone(3)], [phone(4)]], true],
  ])('with %s', (_, forms, isOfSeveral) => {
    const graph = graphOf(forms.flatMap((names, index) => form(index + 1, ...names)))
    expect(wall(graph) !== undefined).toBe(isOfSeveral)
  })

  test('is not of several because calls that leases give to it come from other phones', () => {
    const graph = graphOf(form(1, phone(1), email(1)))
    for (const id of ['c1', 'c2', 'c3', 'c4']) {
      const row = Number(id.slice(1)) + 1
      const called = [claim(row, `call:${id}`, phone(row), { fact: 'call', fact_id: id, claimed: false })]
      graph.replaceFact('call', id, 'call', called)
      graph.replaceFact('match', id, 'call', [claim(row, `call:${id}`, 'session:s', { fact: 'match', fact_id: id })])
    }
    recompute(graph, [])
    expect(wall(graph)).toBeUndefined()
  })
})

describe('a tablet on which one after the other writes in, in one visit without a pause', () => {
  const people = [1, 2, 3, 4, 5, 6]
  const forms = people.flatMap((number) => form(number, phone(number), email(number)))

  test('makes nobody one person with those before', () => {
    const graph = graphOf(forms)
    expect(wall(graph)).toEqual({ rule: 'strangers', max: 1 })
    expect(wall(graph, 'visitor:tablet')).toEqual({ rule: 'strangers', max: 1 })
    expect(new Set(people.map((number) => person(graph, phone(number)))).size).toBe(6)
    for (const number of people) {
      expect(person(graph, `lead:l${number}`)).toBe(person(graph, phone(number)))
      expect(person(graph, email(number))).toBe(person(graph, phone(number)))
    }
  })

  test('joins them again when their names turn out to belong together', () => {
    const graph = graphOf(form(1, phone(1), email(1)).concat(form(2, phone(2), email(2))))
    expect(person(graph, 'session:s')).toBe('')
    graph.putEvent(claim(3, phone(1), 'lead:l2'))
    recompute(graph, [])
    expect(person(graph, 'session:s')).toBe(personId('shop', 'visitor', 'tablet'))
    expect(person(graph, email(2))).toBe(person(graph, email(1)))
  })
})

describe('two of whom a browser knows phone and email each', () => {
  test('are one, a third is not', () => {
    const visits = [1, 2, 3].flatMap((number) => [
      claim(number, 'visitor:v', `session:s${number}`),
      ...[phone(number), email(number)].flatMap((name) => [
        claim(number, 'visitor:v', name),
        claim(number, `session:s${number}`, name),
      ]),
    ])
    const two = graphOf(visits.filter(({ row }) => row < 3))
    expect(person(two, phone(2))).toBe(person(two, phone(1)))
    const three = graphOf(visits)
    expect(wall(three, 'visitor:v')).toEqual({ rule: 'strangers', max: 2 })
    expect(new Set([1, 2, 3].map((number) => person(three, email(number)))).size).toBe(3)
  })
})

test('whether a visit is of several does not depend on the order of facts, nor on when it was asked', () => {
  const names: Named[] = [phone(1), phone(2), phone(3), email(1), email(2), 'user:ann', 'user:bob', 'session:s']
  const forms = fc.array(fc.tuple(fc.nat({ max: 3 }), fc.constantFrom(...names)), { minLength: 2, maxLength: 12 })
  const order = fc.array(fc.nat(), { minLength: 12, maxLength: 12 })
  const pauses = fc.array(fc.constantFrom('on', 'look', 'write'), { minLength: 12, maxLength: 12 })
  const standing = (graph: Graph) =>
    [...graph.vertices.values()].map((one) => `${one.kind} ${one.value} ${one.person} ${one.shared?.rule}`).sort()
  let several = 0
  fc.assert(
    fc.property(forms, order, pauses, (said, keys, breaks) => {
      const claims = said.map(([lead, name], row) => {
        const isVisit = name === 'session:s'
        return lead === 0
          ? claim(row, isVisit ? 'visitor:tablet' : 'session:s', name)
          : claim(row, name, `lead:l${lead}`, { claimed: isVisit || lead < 3 })
      })
      const graph = new Graph('shop')
      const shuffled = claims.map((one, index) => ({ one, key: keys[index] ?? 0 })).toSorted((x, y) => x.key - y.key)
      shuffled.forEach(({ one }, index) => {
        graph.putEvent(one)
        if (breaks[index] !== 'on') recompute(graph, [])
        if (breaks[index] === 'write') edgeChanges(graph)
      })
      recompute(graph, [])
      if (wall(graph)) several += 1
      expect(standing(graph)).toEqual(standing(graphOf(claims)))
    }),
    { numRuns: 500 },
  )
  expect(several).toBeGreaterThan(10)
})
