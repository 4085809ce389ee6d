import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { personId } from '#domain/identifier.ts'
import type { Vertex } from './edge.ts'
import { Graph } from './graph.ts'
import { edgeChanges, identityChanges } from './identity-rows.ts'
import { recompute } from './recompute.ts'
import { answer, claim, graphOf, type Named, person, restarted } from './test-graph.ts'

/** What may come between two facts: nothing, a look at who is who, that what changed is written, or a start from the tables. */
const pauses = fc.oneof(
  { weight: 15, arbitrary: fc.constantFrom('on', 'look', 'write') },
  { weight: 1, arbitrary: fc.constant('restart') },
)

function pause(graph: Graph, next: string | undefined): Graph {
  if (next === undefined || next === 'on') return graph
  recompute(graph, [])
  if (next === 'write') edgeChanges(graph)
  return next === 'restart' ? restarted(graph) : graph
}

test('an identifier that is forced, emptied and named again in one step is itself', () => {
  const graph = new Graph('shop')
  graph.force('session', 's1')
  graph.putEvent(claim(2, 'visitor:b', 'session:s1'))
  graph.dropEvent('e2', { node: 'n', segment: 0, row: 2 }, [graph.find('session', 's1') as Vertex])
  graph.putEvent(claim(1, 'visitor:a', 'session:s1'))
  recompute(graph, [])
  edgeChanges(graph)
  expect(person(graph, 'session:s1')).toBe(personId('shop', 'visitor', 'a'))
  expect(graph.find('session', 's1')?.edges.map(({ a, b }) => [a.value, b.value])).toEqual([['a', 's1']])
})

describe('one person', () => {
  test('is whoever a chain of facts joins, named after the identifier first received', () => {
    const graph = graphOf([
      claim(2, 'visitor:b', 'phone:+79261112233'),
      claim(1, 'visitor:a', 'phone:+79261112233'),
      claim(3, 'visitor:c', 'session:s3'),
    ])
    expect(person(graph, 'visitor:b')).toBe(personId('shop', 'visitor', 'a'))
    expect(person(graph, 'visitor:a')).toBe(person(graph, 'phone:+79261112233'))
    expect(person(graph, 'visitor:c')).toBe(personId('shop', 'visitor', 'c'))
  })

  test('is told with the fact that ties each identifier to the founder', () => {
    const graph = graphOf([claim(1, 'visitor:a', 'session:s1'), claim(2, 'session:s1', 'lead:e2')])
    const { put } = identityChanges('shop', graph.vertices.values())
    expect(put.map(({ kind, because_id, because_kind }) => [kind, because_id, because_kind]).sort()).toEqual([
      ['lead', 'e2', 'session'],
      ['session', 'e1', 'visitor'],
      ['visitor', 'e1', ''],
    ])
  })

  test('never is two CRM contacts because a browser says so', () => {
    const trusted = { claimed: false, fact: 'deal' as const }
    const graph = graphOf([])
    graph.replaceFact('deal', 'd1', 'deal', [
      claim(1, 'deal:d1', 'contact:k1', { ...trusted, fact_id: 'd1' }),
      claim(1, 'deal:d1', 'phone:+79260000001', { ...trusted, fact_id: 'd1' }),
    ])
    graph.replaceFact('deal', 'd2', 'deal', [
      claim(2, 'deal:d2', 'contact:k2', { ...trusted, fact_id: 'd2' }),
      claim(2, 'deal:d2', 'visitor:b', { ...trusted, fact_id: 'd2' }),
    ])
    graph.putEvent(claim(3, 'visitor:b', 'phone:+79260000001'))
    recompute(graph, [])
    expect(person(graph, 'contact:k1')).not.toBe(person(graph, 'contact:k2'))
    expect(person(graph, 'phone:+79260000001')).toBe(person(graph, 'contact:k1'))
    const held = graph.find('visitor', 'b')?.edges.find((edge) => edge.fact === 'event')
    expect(held).toMatchObject({ joins: false, reason: 'two_contacts' })
  })

  test('comes apart when the fact that joined it is replaced', () => {
    const graph = graphOf([claim(1, 'visitor:a', 'session:s1'), claim(2, 'visitor:b', 'session:s2')])
    const said = { claimed: false, fact: 'deal' as const, fact_id: 'd1' }
    const joining = [claim(3, 'deal:d1', 'visitor:a', said), claim(3, 'deal:d1', 'visitor:b', said)]
    graph.replaceFact('deal', 'd1', 'deal', joining)
    recompute(graph, [])
    expect(person(graph, 'visitor:a')).toBe(person(graph, 'visitor:b'))
    graph.replaceFact('deal', 'd1', 'deal', joining.slice(1))
    const { changed } = recompute(graph, [])
    expect(person(graph, 'visitor:a')).not.toBe(person(graph, 'visitor:b'))
    expect([...changed].map((vertex) => vertex.value).sort()).toEqual(['b', 'd1', 's2'])
  })
})

test("the company's own phone joins nobody, from the moment it is named so", () => {
  const claims = [claim(1, 'visitor:a', 'phone:+79261112233'), claim(2, 'visitor:b', 'phone:+79261112233')]
  expect(person(graphOf(claims, ['phone\n+79261112233']), 'visitor:b')).toBe(personId('shop', 'visitor', 'b'))
  const graph = graphOf(claims)
  expect(person(graph, 'visitor:b')).toBe(personId('shop', 'visitor', 'a'))
  graph.setBlocked(new Set(['phone\n+79261112233']))
  recompute(graph, [])
  expect(person(graph, 'visitor:b')).toBe(personId('shop', 'visitor', 'b'))
  expect(graph.find('phone', '+79261112233')?.listed).toBe(false)
})

test("a phone that was the company's own while nothing named it is nobody's when it is named again in the same step", () => {
  const phone: Named = 'phone:+79261112233'
  const graph = graphOf([claim(1, 'visitor:a', phone)])
  edgeChanges(graph)
  graph.settle()
  graph.dropEvent('e1', { node: 'n', segment: 0, row: 1 }, [graph.find('visitor', 'a') as Vertex])
  graph.setBlocked(new Set(['phone\n+79261112233']))
  graph.putEvent(claim(2, 'visitor:b', phone))
  recompute(graph, [])
  expect(person(graph, phone)).toBe('')
  expect(graph.find('phone', '+79261112233')?.listed).toBe(false)
})

describe('who is one person', () => {
  const names: Named[] = [
    ...['visitor:a', 'visitor:b', 'visitor:c', 'visitor:d', 'visitor:e', 'visitor:f', 'visitor:g'],
    ...['session:s1', 'session:s2', 'session:s3', 'session:s4', 'contact:k1', 'contact:k2', 'contact:k3', 'contact:k4'],
    ...[
      'phone:+79261110001',
      'phone:+79261110002',
      'email:a@mail.ru',
      'phone:+79261110003',
      'phone:+79261110004',
      'phone:+79261110005',
      'phone:+79261110006',
      'email:b@mail.ru',
      'user:u1',
      'user:u2',
      'ga:1.1',
      'lead:l1',
      'lead:l2',
      'deal:d1',
      'call:c1',
    ],
  ] as Named[]
  const anyClaim = fc
    .record({
      a: fc.constantFrom(...names),
      b: fc.constantFrom(...names),
      claimed: fc.boolean(),
      bot: fc.nat({ max: 9 }),
    })
    .filter(({ a, b }) => a !== b)
  const worlds = fc.record({
    claims: fc.array(anyClaim, { minLength: 1, maxLength: 60 }),
    order: fc.array(fc.nat(), { minLength: 60, maxLength: 60 }),
    pauses: fc.array(pauses, { minLength: 60, maxLength: 60 }),
  })

  test('does not depend on the order of facts, on repeats, or on when it was asked', () => {
    let edges = 0
    fc.assert(
      fc.property(worlds, ({ claims, order, pauses }) => {
        const said = claims.map(({ a, b, claimed, bot }, row) =>
          claim(row, a, b, { claimed, ...(bot === 0 && { never: 'bot' as const }) }),
        )
        const shuffled = said
          .map((one, index) => ({ one, key: order[index] ?? 0 }))
          .toSorted((x, y) => x.key - y.key)
          .flatMap(({ one }, index) => (pauses[index] === 'on' ? [one] : [one, one]))
        let graph = new Graph('shop')
        shuffled.forEach((one, index) => {
          graph.putEvent(one)
          graph = pause(graph, pauses[index])
        })
        recompute(graph, [])
        edges += graph.edges
        const told = answer(graph)
        expect(told).toEqual(answer(graphOf(said)))
        expect(answer(restarted(graph))).toEqual(told)
      }),
      { numRuns: 300 },
    )
    expect(edges).toBeGreaterThan(300)
  }, 120_000)

  test('does not depend on what calls and deals said before', () => {
    const contacts = names.filter((name) => name.startsWith('phone') || name.startsWith('email'))
    const messages = fc.array(
      fc.record({
        deal: fc.constantFrom('d1', 'd2', 'd3', 'd4', 'd5', 'd6', 'd7'),
        of: fc.uniqueArray(fc.tuple(fc.constantFrom(...names, ...contacts, ...contacts), fc.boolean()), {
          selector: ([name]) => name,
          minLength: 2,
          maxLength: 6,
        }),
        next: pauses,
      }),
      { minLength: 5, maxLength: 25 },
    )
    const events = fc.array(anyClaim, { maxLength: 40 })
    let shared = 0
    fc.assert(
      fc.property(events, messages, (said, told) => {
        const begin = () => {
          const graph = new Graph('shop')
          said.forEach(({ a, b, claimed }, row) => void graph.putEvent(claim(100 + row, a, b, { claimed })))
          return graph
        }
        const tell = (graph: Graph, { deal, of: others }: (typeof told)[number], row: number) =>
          graph.replaceFact(
            'deal',
            deal,
            'deal',
            others
              .filter(([other]) => other !== `deal:${deal}`)
              .map(([other, claimed]) => claim(row, `deal:${deal}`, other, { fact: 'deal', fact_id: deal, claimed })),
          )
        let graph = begin()
        told.forEach((message, row) => {
          tell(graph, message, row)
          graph = pause(graph, message.next)
        })
        recompute(graph, [])
        const last = new Map(told.map((message, row) => [message.deal, { message, row }]))
        const anew = begin()
        for (const { message, row } of last.values()) tell(anew, message, row)
        recompute(anew, [])
        const now = answer(graph)
        shared += now.identities.filter((row) => row.includes('"shared":1')).length
        expect(now).toEqual(answer(anew))
      }),
      { numRuns: 200 },
    )
    expect(shared).toBeGreaterThan(10)
  }, 120_000)
})
