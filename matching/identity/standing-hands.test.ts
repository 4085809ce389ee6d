import { describe, expect, test } from 'vitest'
import { personId } from '#domain/identifier.ts'
import type { Claim } from './edge.ts'
import { Graph } from './graph.ts'
import { recompute } from './recompute.ts'
import { claim, graphOf, type Named, person } from './test-graph.ts'

describe('what somebody says by hand', () => {
  const visits = [
    claim(1, 'visitor:a', 'session:s1'),
    claim(2, 'visitor:b', 'session:s2'),
    claim(3, 'visitor:b', 'phone:+79261110002'),
  ]
  const merge = (row: number, a: Named, b: Named): Claim => hand(row, a, b)
  const apart = (row: number, a: Named, b: Named): Claim => ({ ...hand(row, a, b), never: 'apart' })
  function hand(row: number, a: Named, b: Named): Claim {
    return claim(100 + row, a, b, { fact: 'annotation', fact_id: `h${row}`, at: row, claimed: false })
  }
  const withHands = (facts: readonly Claim[], hands: readonly Claim[]) => {
    const graph = graphOf(facts)
    for (const one of hands) {
      graph.replaceHands([...hands.slice(0, hands.indexOf(one)), one])
      recompute(graph, [])
    }
    return graph
  }

  test('makes one person of two, with all that is theirs', () => {
    const graph = withHands(visits, [merge(1, 'visitor:a', 'visitor:b')])
    expect(person(graph, 'phone:+79261110002')).toBe(personId('shop', 'visitor', 'a'))
    graph.replaceHands([])
    recompute(graph, [])
    expect(person(graph, 'phone:+79261110002')).toBe(personId('shop', 'visitor', 'b'))
  })

  test('makes one person of two CRM contacts, whatever a browser may not', () => {
    const graph = withHands(
      [claim(1, 'deal:d1', 'contact:k1'), claim(2, 'deal:d2', 'contact:k2')],
      [merge(1, 'contact:k1', 'contact:k2')],
    )
    expect(person(graph, 'deal:d2')).toBe(person(graph, 'deal:d1'))
  })

  test('keeps two apart that facts would join, and takes along what hangs on each', () => {
    const graph = withHands(
      [...visits, claim(4, 'visitor:a', 'phone:+79261110002')],
      [apart(1, 'visitor:a', 'visitor:b')],
    )
    expect(person(graph, 'phone:+79261110002')).toBe(person(graph, 'visitor:b'))
    expect(person(graph, 'session:s1')).toBe(personId('shop', 'visitor', 'a'))
    const held = graph.find('visitor', 'a')?.edges.find(({ b }) => b.kind === 'phone')
    expect(held).toMatchObject({ joins: false, reason: 'split' })
  })

  test.each<[string, Claim[], boolean, string[]]>([
    [
      'a merge after a split',
      [apart(1, 'visitor:a', 'visitor:b'), merge(2, 'visitor:a', 'visitor:b')],
      true,
      ['apart_overruled', 'joined'],
    ],
    [
      'a split after a merge',
      [merge(1, 'visitor:a', 'visitor:b'), apart(2, 'visitor:a', 'visitor:b')],
      false,
      ['overruled', 'apart'],
    ],
    [
      'a split said first and received last',
      [merge(2, 'visitor:a', 'visitor:b'), apart(1, 'visitor:a', 'visitor:b')],
      true,
      ['joined', 'apart_overruled'],
    ],
    [
      'a merge of the persons that a split had made',
      [apart(1, 'visitor:a', 'phone:+79261110002'), merge(2, 'visitor:a', 'visitor:b')],
      true,
      ['apart_overruled', 'joined'],
    ],
  ])('that contradicts itself counts as said last: %s', (_, hands, isOne, reasons) => {
    const graph = withHands(visits, hands)
    expect(person(graph, 'phone:+79261110002') === person(graph, 'visitor:a')).toBe(isOne)
    expect(hands.map(({ fact_id }) => [...graph.hands].find((edge) => edge.fact_id === fact_id)?.reason)).toEqual(
      reasons,
    )
  })

  test('does not make an identifier of what no fact names', () => {
    const graph = new Graph('shop')
    graph.seekFounders([personId('shop', 'visitor', 'a')])
    expect(graph.founder(personId('shop', 'visitor', 'a'))).toBeUndefined()
    graph.putEvent(claim(1, 'visitor:a', 'session:s1', { never: 'bot' }))
    expect(graph.founder(personId('shop', 'visitor', 'a'))).toBeUndefined()
    graph.putEvent(claim(2, 'visitor:a', 'session:s2'))
    expect(graph.founder(personId('shop', 'visitor', 'a'))?.value).toBe('a')
  })
})
