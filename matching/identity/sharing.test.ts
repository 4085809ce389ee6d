import { describe, expect, test } from 'vitest'
import { personId } from '#domain/identifier.ts'
import type { Claim } from './edge.ts'
import { Graph } from './graph.ts'
import { recompute } from './recompute.ts'
import { claim, graphOf, type Named, person, split } from './test-graph.ts'

describe('a shared phone', () => {
  const DAY = 86_400_000
  const visits = Array.from({ length: 13 }, (_, index) => claim(index, `visitor:v${index}`, 'phone:+79261112233'))
  const spread = visits.map((one) => ({ ...one, at: one.row * 8 * DAY }))
  const shared = (graph: Graph, name: Named = 'phone:+79261112233') => graph.find(...split(name))?.shared

  test('joins the browsers that somebody has had over the months', () => {
    expect(person(graphOf(spread.slice(0, 8)), 'visitor:v7')).toBe(personId('shop', 'visitor', 'v0'))
    expect(shared(graphOf(spread.slice(0, 9)))).toEqual({ rule: 'strangers', max: 8 })
    expect(shared(graphOf(spread))).toEqual({ rule: 'visitor', max: 12 })
  })

  test('joins fewer of them within one week', () => {
    expect(person(graphOf(visits.slice(0, 4)), 'visitor:v3')).toBe(personId('shop', 'visitor', 'v0'))
    expect(shared(graphOf(visits.slice(0, 5)))).toEqual({ rule: 'strangers_in_week', max: 4 })
  })

  test('joins any number of browsers that a login makes one', () => {
    const logins = visits.slice(0, 8).map(({ row, a_value }) => claim(20 + row, `visitor:${a_value}`, 'user:ann'))
    const graph = graphOf([...visits.slice(0, 8), ...logins])
    expect(person(graph, 'visitor:v7')).toBe(personId('shop', 'visitor', 'v0'))
  })

  test('joins nobody once one more uses it, not those before either', () => {
    const graph = graphOf(visits.slice(0, 4))
    graph.putEvent(visits[4] as Claim)
    recompute(graph, [])
    expect(person(graph, 'visitor:v3')).toBe(personId('shop', 'visitor', 'v3'))
    const phone = graph.find('phone', '+79261112233')
    expect(phone?.person).toBe('')
    expect(phone?.candidates).toHaveLength(5)
  })

  test.each<[string, Named, Named, boolean]>([
    ['two logins', 'user:ann', 'user:bob', true],
    ['one email', 'email:ann@mail.ru', 'email:ann@mail.ru', false],
    ['an email and a login', 'email:ann@mail.ru', 'user:bob', false],
  ])('of two browsers with %s', (_, one, other, isShared) => {
    const graph = graphOf([...visits.slice(0, 2), claim(20, 'visitor:v0', one), claim(21, 'visitor:v1', other)])
    expect(shared(graph) !== undefined).toBe(isShared)
    expect(person(graph, 'visitor:v1') === person(graph, 'visitor:v0')).toBe(!isShared)
  })

  test('of two browsers with an email each stays with the first, and of three is nobody’s', () => {
    const email = (number: number) => claim(20 + number, `visitor:v${number}`, `email:e${number}@mail.ru`)
    const two = graphOf([...visits.slice(0, 2), email(0), email(1)])
    expect(person(two, 'phone:+79261112233')).toBe(person(two, 'visitor:v0'))
    expect(person(two, 'visitor:v1')).not.toBe(person(two, 'visitor:v0'))
    const three = graphOf([...visits.slice(0, 3), email(0), email(1), email(2)])
    expect(shared(three)).toMatchObject({ rule: 'strangers' })
  })

  test('of a place joins two browsers, and no two who are known by something, be it an email and a card of the CRM', () => {
    const line: Named = 'phone:+74951112233'
    const browsers = [claim(1, 'visitor:a', line), claim(2, 'visitor:b', line)]
    expect(person(graphOf(browsers), 'visitor:b')).toBe(personId('shop', 'visitor', 'a'))
    expect(shared(graphOf([...browsers, claim(3, 'visitor:c', line)]), line)).toEqual({
      rule: 'strangers_in_week',
      max: 2,
    })
    const known = graphOf([...browsers, claim(4, 'visitor:a', 'email:ann@mail.ru'), claim(5, 'visitor:b', 'user:bob')])
    expect(shared(known, line)).toEqual({ rule: 'strangers', max: 1 })
    expect(person(known, 'visitor:b')).toBe(personId('shop', 'visitor', 'b'))
  })

  test("of a desk behind such a line is somebody's own", () => {
    const desk: Named = 'phone:+74951112233;ext=12'
    expect(person(graphOf([claim(1, 'visitor:a', desk), claim(2, 'visitor:b', desk)]), 'visitor:b')).toBe(
      personId('shop', 'visitor', 'a'),
    )
  })

  test('is not taken from whom the CRM says it is of by what one browser claims', () => {
    const graph = graphOf([claim(3, 'visitor:b', 'phone:+79261112233'), claim(4, 'visitor:b', 'email:bob@mail.ru')])
    const said = { claimed: false, fact: 'deal' as const, fact_id: 'd1' }
    graph.replaceFact('deal', 'd1', 'deal', [
      claim(5, 'deal:d1', 'email:ann@mail.ru', said),
      claim(5, 'deal:d1', 'phone:+79261112233', said),
    ])
    graph.putEvent(claim(6, 'visitor:a', 'email:ann@mail.ru'))
    recompute(graph, [])
    expect(person(graph, 'phone:+79261112233')).toBe(person(graph, 'visitor:a'))
    expect(person(graph, 'visitor:b')).not.toBe(person(graph, 'visitor:a'))
    expect(
      graph
        .find('visitor', 'b')
        ?.edges.map(({ reason }) => reason)
        .sort(),
    ).toEqual(['joined', 'two_people'])
  })

  test('leaves each call with the session it was matched to', () => {
    const graph = graphOf(visits)
    const said = { claimed: false, fact_id: 'c1' }
    graph.replaceFact('call', 'c1', 'call', [claim(20, 'call:c1', 'phone:+79261112233', { ...said, fact: 'call' })])
    graph.replaceFact('match', 'c1', 'call', [claim(20, 'call:c1', 'visitor:v5', { ...said, fact: 'match' })])
    recompute(graph, [])
    expect(person(graph, 'call:c1')).toBe(personId('shop', 'visitor', 'v5'))
  })

  test('is one person again when all but a few of those facts are taken back', () => {
    const graph = new Graph('shop')
    const deals = visits.slice(0, 5).map(({ b_value }, index) => ({
      id: `d${index}`,
      claims: [
        claim(index, `deal:d${index}`, `visitor:v${index}`, { fact: 'deal', fact_id: `d${index}`, claimed: false }),
        claim(index, `deal:d${index}`, `phone:${b_value}`, { fact: 'deal', fact_id: `d${index}`, claimed: false }),
      ],
    }))
    for (const { id, claims } of deals) graph.replaceFact('deal', id, 'deal', claims)
    recompute(graph, [])
    expect(person(graph, 'phone:+79261112233')).toBe('')
    graph.replaceFact('deal', 'd4', 'deal', deals[4]?.claims.slice(0, 1) ?? [])
    recompute(graph, [])
    expect(person(graph, 'phone:+79261112233')).toBe(personId('shop', 'visitor', 'v0'))
    expect(person(graph, 'visitor:v4')).toBe(personId('shop', 'visitor', 'v4'))
  })

  test('with more facts than a person makes is a hub, at which nothing is looked for', () => {
    const calls = Array.from({ length: 1_001 }, (_, row) => claim(row, `call:c${row}`, 'phone:+79261112233'))
    expect(shared(graphOf(calls.slice(0, 1_000)))).toBeUndefined()
    const graph = graphOf(calls)
    expect(shared(graph)).toEqual({ rule: 'uses', max: 1_000 })
    expect(graph.find('phone', '+79261112233')?.candidates).toEqual([])
  })
})

describe('a browser that a household shares', () => {
  const ofBoth = (own: readonly Claim[]) =>
    graphOf([
      claim(1, 'visitor:tablet', 'session:s1'),
      claim(2, 'session:s1', 'phone:+79261110001'),
      claim(3, 'visitor:tablet', 'session:s2'),
      claim(4, 'session:s2', 'phone:+79261110002'),
      ...own,
    ])
  const hers = claim(5, 'visitor:a', 'phone:+79261110001')
  const his = claim(6, 'visitor:b', 'phone:+79261110002')

  test("is one person's while only one of its phones has a browser of its own", () => {
    expect(person(ofBoth([hers]), 'phone:+79261110002')).toBe(personId('shop', 'visitor', 'tablet'))
  })

  test("is nobody's when both have", () => {
    const graph = ofBoth([hers, his])
    expect(graph.find('visitor', 'tablet')?.shared).toEqual({ rule: 'strangers', max: 1 })
    expect(person(graph, 'visitor:a')).not.toBe(person(graph, 'visitor:b'))
    expect(person(graph, 'session:s2')).toBe(person(graph, 'visitor:b'))
  })
})

describe('a card of the CRM that was made for a phone', () => {
  test('does not make one person of all who call from it', () => {
    const graph = new Graph('shop')
    for (let index = 0; index < 5; index++) {
      const fact_id = `d${index}`
      const said = { claimed: false, fact: 'deal' as const, fact_id }
      const named: Named[] = ['contact:k1', 'phone:+79261112233', `visitor:v${index}`]
      graph.replaceFact(
        'deal',
        fact_id,
        'deal',
        named.map((one) => claim(index, `deal:${fact_id}`, one, said)),
      )
    }
    recompute(graph, [])
    expect(graph.find('contact', 'k1')?.shared).toEqual({ rule: 'strangers_in_week', max: 4 })
    expect(person(graph, 'visitor:v4')).not.toBe(person(graph, 'visitor:v0'))
  })
})

describe("an agent's phone and email", () => {
  /** Deals without a card, for one client each, in which a lead or the phones are what is trusted most. */
  const dealsFor = (clients: number, extra: (client: number) => Named[]) => {
    const graph = new Graph('shop')
    for (let client = 0; client < clients; client++) {
      const [deal, fact_id]: [Named, string] = [`deal:d${client}`, `d${client}`]
      const said = (name: Named, claimed: boolean) => claim(client, deal, name, { fact: 'deal', fact_id, claimed })
      const names = [`phone:+7926111000${client}` as Named, 'phone:+79260000000' as Named]
      graph.replaceFact('deal', fact_id, 'deal', [
        ...names.map((name) => said(name, false)),
        said('email:agent@mail.ru', true),
        ...extra(client).map((name) => said(name, true)),
      ])
    }
    recompute(graph, [])
    return graph
  }
  const wall = (graph: Graph, name: Named) => graph.find(...split(name))?.shared

  test('join nobody once the phone stands beside more than a person has, whatever outranks the email there', () => {
    const few = dealsFor(4, () => [])
    expect(wall(few, 'phone:+79260000000')).toBeUndefined()
    expect(person(few, 'phone:+79261110003')).toBe(person(few, 'phone:+79261110000'))
    expect(
      wall(
        dealsFor(5, () => []),
        'phone:+79260000000',
      ),
    ).toEqual({ rule: 'clients', max: 4 })
    const many = dealsFor(7, () => [])
    expect(wall(many, 'email:agent@mail.ru')).toEqual({ rule: 'clients', max: 4 })
    expect(new Set(Array.from({ length: 7 }, (_, client) => person(many, `phone:+7926111000${client}`))).size).toBe(7)
  })

  test("join nobody either where the clients' emails stand beside them, as what others outrank", () => {
    const deals = (clients: number) => {
      const graph = new Graph('shop')
      for (let client = 0; client < clients; client++) {
        const [deal, fact_id]: [Named, string] = [`deal:d${client}`, `d${client}`]
        const said = (name: Named, claimed: boolean) => claim(client, deal, name, { fact: 'deal', fact_id, claimed })
        const named = [said('phone:+79260000000', false), said(`email:client${client}@mail.ru`, true)]
        graph.replaceFact('deal', fact_id, 'deal', named)
        recompute(graph, [])
      }
      return graph
    }
    expect(wall(deals(4), 'phone:+79260000000')).toBeUndefined()
    const many = deals(5)
    expect(wall(many, 'phone:+79260000000')).toEqual({ rule: 'clients', max: 4 })
    expect(person(many, 'email:client0@mail.ru')).not.toBe(person(many, 'email:client4@mail.ru'))
  })

  test('are one client where the deals name one contact, whoever else stands in them', () => {
    const gifts = (card: (deal: number) => Named) => {
      const graph = new Graph('shop')
      for (let row = 0; row < 6; row++) {
        const said = (name: Named) =>
          claim(row, `deal:d${row}`, name, { fact: 'deal', fact_id: `d${row}`, claimed: false })
        const names: Named[] = [card(row), 'phone:+79260000000', `phone:+7926111000${row}`]
        graph.replaceFact('deal', `d${row}`, 'deal', names.map(said))
        recompute(graph, [])
      }
      return wall(graph, 'phone:+79260000000')
    }
    expect(gifts(() => 'contact:k1')).toBeUndefined()
    expect(gifts((deal) => `contact:k${deal}`)).toEqual({ rule: 'contact', max: 3 })
  })

  test('are no more than deals: five phones on one card are of one client', () => {
    const graph = new Graph('shop')
    const phones = Array.from({ length: 6 }, (_, index): Named => `phone:+7926111000${index}`)
    for (const [row, fact_id] of ['d1', 'd2'].entries()) {
      const said = phones.map((name) => claim(row, `deal:${fact_id}`, name, { fact: 'deal', fact_id, claimed: false }))
      graph.replaceFact('deal', fact_id, 'deal', said)
    }
    recompute(graph, [])
    expect(new Set(phones.map((name) => person(graph, name))).size).toBe(1)
  })
})

describe("a counter's id", () => {
  const visit = (row: number, ...names: Named[]) => names.map((name) => claim(row, 'visitor:tablet', name))
  const deal = (id: string, row: number, ...names: Named[]) =>
    names.map((name) => claim(row, `deal:${id}`, name, { fact: 'deal', fact_id: id, claimed: name === 'ga:1.1' }))
  const clients: [string, Named][] = [
    ['d1', 'phone:+79261110001'],
    ['d2', 'phone:+79261110002'],
  ]
  const told = (isShared: boolean) => {
    const own = isShared
      ? [claim(8, 'visitor:a', clients[0]?.[1] as Named), claim(9, 'visitor:b', clients[1]?.[1] as Named)]
      : []
    const graph = graphOf([...visit(1, 'ga:1.1', 'phone:+79261110001'), ...visit(2, 'phone:+79261110002')])
    for (const [id, phone] of clients) graph.replaceFact('deal', id, 'deal', deal(id, 5, phone, 'ga:1.1'))
    recompute(graph, [])
    for (const one of own) graph.putEvent(one)
    recompute(graph, [])
    return graph
  }

  test('of a browser that is shared joins none of those whose deals name it', () => {
    const graph = told(true)
    expect(graph.find('visitor', 'tablet')?.shared).toEqual({ rule: 'strangers', max: 1 })
    expect(graph.find('ga', '1.1')?.shared).toEqual({ rule: 'shared_browser', max: 0 })
    expect(person(graph, 'deal:d1')).not.toBe(person(graph, 'deal:d2'))
    expect(person(graph, 'deal:d1')).toBe(person(graph, 'visitor:a'))
  })

  test('of any other joins them', () => {
    const graph = told(false)
    expect(graph.find('ga', '1.1')?.shared).toBeUndefined()
    expect(person(graph, 'deal:d1')).toBe(person(graph, 'deal:d2'))
  })
})

describe('a call that a lease gives to a visit', () => {
  const call = (graph: Graph, id: string, at: number, phone: string, visitor: string, isCertain = false) => {
    const said = { claimed: false, fact_id: id, at }
    const match = { fact_id: id, at, fact: 'match' as const, claimed: !isCertain }
    graph.replaceFact('call', id, 'call', [claim(at, `call:${id}`, `phone:${phone}`, { ...said, fact: 'call' })])
    graph.replaceFact('match', id, 'call', [claim(at, `call:${id}`, `visitor:${visitor}`, match)])
  }

  test('makes one person of the caller and the visitor', () => {
    const graph = new Graph('shop')
    call(graph, 'c1', 1, '+79261112233', 'a')
    recompute(graph, [])
    expect(person(graph, 'phone:+79261112233')).toBe(person(graph, 'visitor:a'))
  })

  test('joins no second visitor to somebody who called from another visit before: the number was kept', () => {
    const graph = new Graph('shop')
    // Received the other way round.
    call(graph, 'c2', 2, '+79261112233', 'b')
    recompute(graph, [])
    call(graph, 'c1', 1, '+79261112233', 'a')
    recompute(graph, [])
    expect(person(graph, 'phone:+79261112233')).toBe(person(graph, 'visitor:a'))
    expect(person(graph, 'call:c2')).toBe(person(graph, 'visitor:a'))
    expect(person(graph, 'visitor:b')).not.toBe(person(graph, 'visitor:a'))
    expect(graph.find('visitor', 'b')?.edges[0]?.reason).toBe('two_people')
  })

  test('joins both visitors of somebody who called from each, where that is all but certain', () => {
    const graph = new Graph('shop')
    call(graph, 'c2', 2, '+79261112233', 'b', true)
    call(graph, 'c1', 1, '+79261112233', 'a')
    recompute(graph, [])
    // What is certain is taken first, though it rang later.
    expect(person(graph, 'phone:+79261112233')).toBe(person(graph, 'visitor:b'))
    expect(person(graph, 'visitor:a')).not.toBe(person(graph, 'visitor:b'))
    call(graph, 'c1', 1, '+79261112233', 'a', true)
    recompute(graph, [])
    expect(person(graph, 'visitor:a')).toBe(person(graph, 'visitor:b'))
  })

  test('makes one person of them also when a form had told another phone', () => {
    const graph = graphOf([claim(1, 'visitor:a', 'phone:+79261110001')])
    call(graph, 'c1', 2, '+79261112233', 'a')
    recompute(graph, [])
    expect(person(graph, 'phone:+79261112233')).toBe(person(graph, 'visitor:a'))
  })

  test('joins no caller with a card in the CRM to a visitor who is known by another phone', () => {
    const graph = graphOf([claim(1, 'visitor:a', 'phone:+79261110001')])
    const said = { claimed: false, fact: 'deal' as const, fact_id: 'd1' }
    graph.replaceFact('deal', 'd1', 'deal', [
      claim(1, 'deal:d1', 'contact:k1', said),
      claim(1, 'deal:d1', 'phone:+79261112233', said),
    ])
    call(graph, 'c1', 2, '+79261112233', 'a')
    recompute(graph, [])
    expect(person(graph, 'phone:+79261112233')).toBe(person(graph, 'contact:k1'))
    expect(person(graph, 'visitor:a')).not.toBe(person(graph, 'contact:k1'))
  })
})

describe('a person', () => {
  test('holds no more contact cards than one has, whatever chain of phones leads on', () => {
    const graph = new Graph('shop')
    for (let index = 0; index < 20; index++) {
      const fact_id = `d${index}`
      const said = { claimed: false, fact: 'deal' as const, fact_id }
      const phones = [index, index + 1].map((number): Named => `phone:+7926111${String(number).padStart(4, '0')}`)
      const named = [`contact:k${index}` as Named, ...(index % 4 ? phones : [phones[0] as Named, 'lead:l1' as Named])]
      graph.replaceFact(
        'deal',
        fact_id,
        'deal',
        named.map((one) => claim(index, `deal:${fact_id}`, one, said)),
      )
    }
    recompute(graph, [])
    const held = new Map<string, number>()
    for (const { kind, person: of } of graph.vertices.values()) {
      if (kind === 'contact') held.set(of, (held.get(of) ?? 0) + 1)
    }
    expect([...held.values()].reduce((sum, count) => sum + count)).toBe(20)
    expect(Math.max(...held.values())).toBe(3)
  })
})
