import { describe, expect, test } from 'vitest'
import type { Claim } from './edge.ts'
import { Graph } from './graph.ts'
import { recompute } from './recompute.ts'
import { answer, claim, graphOf, type Named, restarted, startedFrom } from './test-graph.ts'

const phone: Named = 'phone:+79261112233'

describe('a start from the tables, a few identifiers at a time', () => {
  test('knows of each identifier whether people meet in it, also where its person was worked out before it', () => {
    const before = [
      claim(1, 'visitor:a', 'session:s1'),
      claim(2, 'visitor:a', 'session:s2'),
      claim(3, 'visitor:a', phone),
      claim(4, 'visitor:b', phone),
    ]
    const after = [claim(5, 'visitor:a', 'user:ann'), claim(6, 'visitor:b', 'user:bob')]
    for (const together_max of [1, 2, 3, 4, 5]) {
      const graph = restarted(graphOf(before), together_max)
      for (const one of after) graph.putEvent(one)
      recompute(graph, [])
      expect(graph.find('phone', '+79261112233')?.shared).toEqual({ rule: 'strangers', max: 1 })
      expect(answer(graph)).toEqual(answer(graphOf([...before, ...after])))
    }
  })

  test('leaves the id that a counter gave to a shared browser shared by the same rule', () => {
    const browser = (visitor: string, number: number): Claim[] => [
      claim(number, `visitor:${visitor}`, 'ga:1.1'),
      claim(number + 10, `visitor:${visitor}`, `phone:+7926111000${number}`),
      claim(number + 20, `visitor:own${number}`, `phone:+7926111000${number}`),
    ]
    // A second browser has it that is known by another phone: what browsers are known by is not asked of a counter's id.
    const facts = [
      ...browser('v', 1),
      ...browser('v', 2),
      claim(31, 'visitor:w', 'ga:1.1'),
      claim(32, 'visitor:w', 'phone:+79261110009'),
    ]
    const whole = graphOf(facts)
    expect(whole.find('visitor', 'v')?.shared?.rule).toBe('strangers')
    expect(whole.find('ga', '1.1')?.shared).toEqual({ rule: 'shared_browser', max: 0 })
    const later = claim(40, 'visitor:own1', 'email:a@mail.ru')
    for (const together_max of [1, 2, 3]) {
      const graph = restarted(graphOf(facts), together_max)
      graph.putEvent(later)
      recompute(graph, [])
      expect(answer(graph)).toEqual(answer(graphOf([...facts, later])))
    }
  })

  test('tells by which rule an identifier is shared now, however far away the settings changed something', () => {
    // Around the phone are three emails, one of them told in a visit of a browser that several share.
    const facts = [
      ...[1, 2, 3, 4, 5].map((number) => claim(number, `visitor:v${number}`, phone)),
      ...[1, 2].map((number) => claim(number + 5, `visitor:v${number}`, `email:e${number}@mail.ru`)),
      claim(8, 'visitor:v3', 'session:s3'),
      claim(9, 'session:s3', 'lead:l3'),
      claim(10, 'email:e3@mail.ru', 'lead:l3'),
      ...[1, 2].flatMap((number) => [
        claim(number + 10, 'visitor:v3', `phone:+7926111000${number}`),
        claim(number + 12, `visitor:own${number}`, `phone:+7926111000${number}`),
      ]),
    ]
    const blocked = ['email\ne3@mail.ru']
    const before = graphOf(facts)
    expect(before.find('phone', '+79261112233')?.shared).toEqual({ rule: 'strangers', max: 1 })
    const tables = answer(before)
    const { graph, wrong } = startedFrom(tables, { together_max: 1, blocked })
    const anew = new Graph('shop')
    anew.setBlocked(new Set(blocked))
    for (const one of facts) anew.putEvent(one)
    recompute(anew, [])
    expect(anew.find('phone', '+79261112233')?.shared).toEqual({ rule: 'strangers_in_week', max: 4 })
    expect(answer(graph)).toEqual(answer(anew))
    expect(wrong).toContainEqual({ kind: 'phone', value: '+79261112233' })
  })
})
