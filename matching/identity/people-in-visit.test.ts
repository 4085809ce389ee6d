import { describe, expect, test } from 'vitest'
import { personId } from '#domain/identifier.ts'
import { fact } from '#tests/support/matching-world.ts'
import type { Claim, Vertex } from './edge.ts'
import { eventClaims } from './fact-claims.ts'
import type { Graph } from './graph.ts'
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

/** Somebody signs in in the visit `s` of the tablet. */
function login(row: number, ...names: Named[]): Claim[] {
  return [
    claim(row, 'visitor:tablet', 'session:s'),
    ...names.flatMap((name) => [claim(row, 'visitor:tablet', name), claim(row, 'session:s', name)]),
  ]
}

describe('a visit in which forms are sent', () => {
  const whole = (number: number) => [phone(number), email(number)]
  test.each<[string, Named[][], boolean]>([
    ['three phones', [[phone(1)], [phone(2)], [phone(3)]], false],
    ['four phones', [[phone(1)], [phone(2)], [phone(3)], [phone(4)]], true],
    ['three emails', [[email(1)], [email(2)], [email(3)]], false],
    ['four emails', [[email(1)], [email(2)], [email(3)], [email(4)]], true],
    [
      'two phones with an email of its own each: a couple, or one who writes in from work too',
      [whole(1), whole(2)],
      false,
    ],
    ['three phones with an email of its own each', [whole(1), whole(2), whole(3)], true],
    ['the same, two of which a fourth form joins', [whole(1), whole(2), whole(3), [phone(2), email(1)]], false],
    ['two whole names and another phone alone', [whole(1), whole(2), [phone(3)]], false],
    ['one phone with four emails', [1, 2, 3, 4].map((number) => [phone(1), email(number)]), false],
  ])('with %s', (_, forms, isOfSeveral) => {
    const graph = graphOf(forms.flatMap((names, index) => form(index + 1, ...names)))
    expect(wall(graph) !== undefined).toBe(isOfSeveral)
  })

  test.each<[string, Named[][], boolean]>([
    ['a login twice', [['user:ann'], ['user:ann']], false],
    ['two logins', [['user:ann'], ['user:bob']], true],
  ])('with %s', (_, logins, isOfSeveral) => {
    const graph = graphOf(logins.flatMap((names, index) => login(index + 1, ...names)))
    expect(wall(graph) !== undefined).toBe(isOfSeveral)
  })

  test.each<[string, Named[]]>([
    ['a login', ['user:ann']],
    ['a login that tells of another email', ['user:ann', email(2)]],
  ])("is one person's after %s, who writes in by phone", (_, names) => {
    const graph = graphOf([...login(1, ...names), ...form(2, phone(1), email(1)), ...form(3, phone(2))])
    expect(wall(graph)).toBeUndefined()
    expect(person(graph, 'user:ann')).toBe(person(graph, phone(1)))
    expect(person(graph, 'visitor:tablet')).toBe(person(graph, phone(2)))
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

  test('lasts a day at most, however long its sender goes on with it', () => {
    const sent = (apart_ms: number) =>
      graphOf(
        [1, 2, 3, 4].flatMap((number) => form(number, phone(number)).map((one) => ({ ...one, at: number * apart_ms }))),
      )
    const DAY = 86_400_000
    expect(wall(sent(DAY / 3))).toEqual({ rule: 'several_people', max: 3 })
    expect(wall(sent(DAY / 3 + 1))).toBeUndefined()
  })

  test('is a hub when so much is sent in it that nobody looks at it any more', () => {
    const forms = (count: number) =>
      // One edge of each leads to the visit, and one to its browser.
      Array.from({ length: count - 1 }, (_, row) => form(row, `email:client${row >> 1}@mail.ru` as Named)).flat()
    expect(wall(graphOf(forms(1_000)))).toEqual({ rule: 'several_people', max: 3 })
    expect(wall(graphOf(forms(1_001)))).toEqual({ rule: 'uses', max: 1_000 })
  })

  test('is not looked at again because somebody who wrote in there calls', () => {
    const graph = graphOf([1, 2, 3, 4].flatMap((number) => form(number, phone(number))))
    edgeChanges(graph)
    const [before, visit] = [graph.looks, graph.find('session', 's')]
    graph.replaceFact('call', 'c9', 'call', [
      claim(9, 'call:c9', phone(1), { fact: 'call', fact_id: 'c9', claimed: false }),
    ])
    recompute(graph, [])
    expect(visit?.edges).toHaveLength(5)
    expect(graph.looks - before).toBeLessThan(12)
  })
})

/** A lead that a server tells of, in a visit and with a phone. */
function told(graph: Graph, id: string, row: number, ...names: Named[]): void {
  const said = { fact: 'lead', fact_id: id, claimed: false } as const
  const claims = names.map((name) => claim(row, `lead:${id}`, name, said))
  graph.replaceFact('lead', id, 'lead', claims)
}

describe('a visit of which a server tells later, of one client after the other', () => {
  const four = (graph: Graph) => {
    for (const number of [1, 2, 3, 4]) told(graph, `t${number}`, 10 + number, 'session:s', phone(number))
    recompute(graph, [])
  }

  test('is a wall, and its browser is not', () => {
    const graph = graphOf(form(1, phone(9)))
    four(graph)
    expect(wall(graph)).toEqual({ rule: 'several_told', max: 3 })
    expect(wall(graph, 'visitor:tablet')).toBeUndefined()
    expect(person(graph, 'visitor:tablet')).toBe(person(graph, phone(9)))
    expect(person(graph, phone(1))).not.toBe(person(graph, 'visitor:tablet'))
  })

  test('makes its browser nobody’s once as many wrote in there', () => {
    const graph = graphOf([])
    four(graph)
    for (const number of [5, 6, 7, 8]) for (const one of form(number, phone(number))) graph.putEvent(one)
    recompute(graph, [])
    expect(wall(graph)).toEqual({ rule: 'several_people', max: 3 })
    expect(wall(graph, 'visitor:tablet')?.rule).toBe('visits_of_several')
  })
})

describe('events of one visit that name a login', () => {
  /** As `eventClaims` tells them. */
  const identify = (row: number, number: number, user = '') =>
    eventClaims(
      fact('events', {
        ...{ id: `e${row}`, at: row, received_at: row, type: 'identify', visitor: 'tablet', session: 's' },
        ...{ user, phone: `+7926111000${number}` },
      }).row as Parameters<typeof eventClaims>[0],
    ).map((one) => ({ ...one, node: 'n', segment: 0, row }))

  test('with another phone each are one person’s, and those that name the phones alone are not', () => {
    const phones = [1, 2, 3, 4]
    expect(wall(graphOf(phones.flatMap((number) => identify(number, number, 'ann'))))).toBeUndefined()
    expect(wall(graphOf(phones.flatMap((number) => identify(number, number))))?.rule).toBe('several_people')
  })

  test('are one person’s also where the phones were given alone before', () => {
    const phones = [1, 2, 3, 4]
    const graph = graphOf(phones.flatMap((number) => identify(number, number)))
    for (const one of phones.flatMap((number) => identify(10 + number, number, 'ann'))) graph.putEvent(one)
    recompute(graph, [])
    expect(wall(graph)).toBeUndefined()
  })
})

describe('several names given in one visit', () => {
  const forms = [1, 2, 3, 4].flatMap((number) => form(number, phone(number)))
  const deal = (graph: Graph, id: string, ...names: Named[]) => {
    const said = { fact: 'deal', fact_id: id, claimed: false } as const
    graph.replaceFact(
      'deal',
      id,
      'deal',
      names.map((name) => claim(20, `deal:${id}`, name, said)),
    )
    recompute(graph, [])
  }

  test('are one person’s when they stand on one card of the CRM, in one deal or in two', () => {
    const graph = graphOf(forms)
    deal(graph, 'd1', 'contact:k1', phone(1))
    expect(wall(graph)).toBeDefined()
    deal(graph, 'd2', 'contact:k1', phone(2))
    expect(wall(graph)).toBeUndefined()
    deal(graph, 'd2', 'contact:k2', phone(2))
    expect(wall(graph)).toBeDefined()
  })

  test('are not, where a card is a collection of many, or one of them stands on several', () => {
    const graph = graphOf(forms)
    deal(graph, 'd1', 'contact:k1', phone(1))
    deal(graph, 'd2', 'contact:k1', phone(2))
    for (let row = 3; row <= 20; row++) deal(graph, `d${row}`, 'contact:k1', `email:e@mail.ru`)
    expect(wall(graph)).toBeUndefined()
    deal(graph, 'd21', 'contact:k1')
    expect(wall(graph)?.rule).toBe('several_people')
    deal(graph, 'd21', 'contact:k9', phone(9))
    expect(wall(graph)).toBeUndefined()
    deal(graph, 'd22', 'contact:k2', phone(2))
    expect(wall(graph)?.rule).toBe('several_people')
  })

  test('are one party when two requests are the same one under two ids', () => {
    const graph = graphOf(forms)
    // The webhook's copy of the first form has the phone of the second as well.
    told(graph, 'w1', 9, phone(1), phone(2))
    recompute(graph, [])
    expect(wall(graph)).toBeDefined()
    graph.replaceFact('same', 'w1', 'lead', [claim(9, 'lead:w1', 'lead:l1', { fact: 'same', fact_id: 'w1' })])
    recompute(graph, [])
    expect(wall(graph)).toBeUndefined()
    graph.replaceFact('same', 'w1', 'lead', [])
    recompute(graph, [])
    expect(wall(graph)).toBeDefined()
  })
})

describe('a tablet on which one after the other writes in, in one visit without a pause', () => {
  const people = [1, 2, 3, 4, 5, 6]
  const forms = people.flatMap((number) => form(number, phone(number), email(number)))

  test('makes nobody one person with those before', () => {
    const graph = graphOf(forms)
    expect(wall(graph)).toEqual({ rule: 'several_people', max: 2 })
    expect(wall(graph, 'visitor:tablet')).toEqual({ rule: 'visits_of_several', max: 0 })
    expect(new Set(people.map((number) => person(graph, phone(number)))).size).toBe(6)
    for (const number of people) {
      expect(person(graph, `lead:l${number}`)).toBe(person(graph, phone(number)))
      expect(person(graph, email(number))).toBe(person(graph, phone(number)))
    }
  })

  test("joins them again when their names turn out to belong together, and is one person's", () => {
    const graph = graphOf(people.slice(0, 3).flatMap((number) => form(number, phone(number), email(number))))
    expect(person(graph, 'session:s')).toBe('')
    graph.putEvent(claim(7, phone(1), 'lead:l2'))
    recompute(graph, [])
    expect(person(graph, 'session:s')).toBe(personId('shop', 'visitor', 'tablet'))
    expect(person(graph, email(2))).toBe(person(graph, email(1)))
  })

  test('says nothing of browsers that only have the name of the visit in common', () => {
    const graph = graphOf([...forms, claim(9, 'visitor:other', 'session:s')])
    expect(wall(graph)).toEqual({ rule: 'several_people', max: 2 })
    expect(wall(graph, 'visitor:tablet')?.rule).not.toBe('visits_of_several')
    expect(wall(graph, 'visitor:other')).toBeUndefined()
  })

  test('is told by another rule when its visit is a wall for another reason, and the browser with it', () => {
    const copies = ['a', 'b', 'c'].map((name, index) => claim(20 + index, `visitor:${name}`, 'session:s'))
    const graph = graphOf([...[1, 2, 3, 4].flatMap((number) => form(number, phone(number))), ...copies])
    expect(wall(graph)).toEqual({ rule: 'visitor', max: 3 })
    expect(wall(graph, 'visitor:tablet')).toBeUndefined()
    for (const row of [20, 21, 22])
      graph.dropEvent(`e${row}`, { node: 'n', segment: 0, row }, [graph.find('session', 's') as Vertex])
    recompute(graph, [])
    expect(wall(graph)).toEqual({ rule: 'several_people', max: 3 })
    expect(wall(graph, 'visitor:tablet')).toEqual({ rule: 'visits_of_several', max: 0 })
  })
})

describe('two who each leave a phone and an email in one visit', () => {
  const forms = [1, 2].flatMap((number) => form(number, phone(number), email(number)))
  const own = (number: number, name: Named) => claim(number + 4, `visitor:v${number}`, name)

  test('are two once both were known in a browser of their own, and one without', () => {
    const graph = graphOf([...forms, own(1, phone(1))])
    expect(person(graph, phone(1))).toBe(person(graph, phone(2)))
    graph.putEvent(own(2, email(2)))
    recompute(graph, [])
    expect(wall(graph)).toEqual({ rule: 'several_people', max: 1 })
    expect(wall(graph, 'visitor:tablet')).toEqual({ rule: 'visits_of_several', max: 0 })
    expect(person(graph, phone(1))).not.toBe(person(graph, phone(2)))
    graph.dropEvent('e6', { node: 'n', segment: 0, row: 6 }, [graph.find('visitor', 'v2') as Vertex])
    recompute(graph, [])
    expect(person(graph, phone(1))).toBe(person(graph, phone(2)))
  })
})

test('two phones, each with an email of its own, left again in the browser that came after are one person’s', () => {
  const later = [1, 2].flatMap((number) =>
    [phone(number), email(number)].map((name) => claim(number + 4, 'visitor:v2', name)),
  )
  const graph = graphOf([...[1, 2].flatMap((number) => form(number, phone(number), email(number))), ...later])
  expect(wall(graph)).toBeUndefined()
  expect(person(graph, phone(1))).toBe(person(graph, phone(2)))
  expect(person(graph, 'session:s')).toBe(person(graph, 'visitor:v2'))
})

describe('two of whom a browser knows phone and email each', () => {
  const visits = [1, 2, 3].flatMap((number) => [
    claim(number, 'visitor:v', `session:s${number}`),
    ...[phone(number), email(number)].flatMap((name) => [
      claim(number, 'visitor:v', name),
      claim(number, `session:s${number}`, name),
    ]),
  ])

  test('are one, a third is not', () => {
    const two = graphOf(visits.filter(({ row }) => row < 3))
    expect(person(two, phone(2))).toBe(person(two, phone(1)))
    const three = graphOf(visits)
    expect(wall(three, 'visitor:v')).toEqual({ rule: 'strangers', max: 2 })
    expect(new Set([1, 2, 3].map((number) => person(three, email(number)))).size).toBe(3)
  })

  test('are one although a third called who is there by the lease of a call alone', () => {
    const graph = graphOf(visits.filter(({ row }) => row < 3))
    const called = (name: Named) => claim(9, 'call:c9', name, { fact: 'call', fact_id: 'c9', claimed: false })
    graph.replaceFact('call', 'c9', 'call', [called(phone(3))])
    graph.replaceFact('match', 'c9', 'call', [claim(9, 'call:c9', 'visitor:v', { fact: 'match', fact_id: 'c9' })])
    graph.putEvent(claim(10, 'lead:l9', phone(3), { claimed: false }))
    graph.putEvent(claim(10, 'lead:l9', email(3), { claimed: false }))
    recompute(graph, [])
    expect(wall(graph, 'visitor:v')).toBeUndefined()
    expect(person(graph, phone(2))).toBe(person(graph, phone(1)))
  })
})
