import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nameMark } from '#domain/full-name.ts'
import type { Claim } from './edge.ts'
import { Graph } from './graph.ts'
import { edgeChanges } from './identity-rows.ts'
import { recompute } from './recompute.ts'
import { answer, claim, graphOf, type Named, person, restarted } from './test-graph.ts'

const [ivan, maria] = ['Иван Орлов', 'Мария Котова']
const [a, b, c] = ['phone:+79160000001', 'phone:+79160000012', 'phone:+79160000123'] as const
const [e1, e2] = ['email:e1@bk.ru', 'email:e2@bk.ru'] as const

/** A form sent in a visit of its own. */
function form(row: number, browser: string, named: Named[], name = ''): Claim[] {
  const [visitor, session, lead] = [`visitor:${browser}`, `session:s${row}`, `lead:e${row}`] as const
  const said = { name: nameMark(name) }
  return [
    claim(row, visitor, session),
    claim(row, session, lead, said),
    ...named.flatMap((one) => [claim(row, visitor, one), claim(row, one, lead, said)]),
  ]
}

function deal(row: number, contact: string, named: Named[], name = ''): Claim[] {
  const said = { fact: 'deal', fact_id: `d${row}`, claimed: false, name: nameMark(name) } as const
  return [`contact:${contact}` as Named, ...named].map((one) => claim(row, `deal:d${row}`, one, said))
}

const isOne = (claims: Claim[][], one: Named, other: Named) => {
  const graph = graphOf(claims.flat())
  return person(graph, one) !== '' && person(graph, one) === person(graph, other)
}

describe('somebody with a phone and two emails', () => {
  test.each<[string, Claim[][], boolean]>([
    ['a card and a form with one name', [deal(1, 'c1', [a, e1], ivan), form(2, 'v1', [a, e2], 'Орлов Иван')], true],
    ['a card and a form without a name', [deal(1, 'c1', [a, e1], ivan), form(2, 'v1', [a, e2])], true],
    ['a card and a form with another name', [deal(1, 'c1', [a, e1], ivan), form(2, 'v1', [a, e2], maria)], false],
    ['two browsers and one name', [form(1, 'v1', [a, e1], ivan), form(2, 'v2', [a, e2], ivan)], true],
    ['two browsers and two names', [form(1, 'v1', [a, e1], ivan), form(2, 'v2', [a, e2], maria)], false],
    ['one browser', [form(1, 'v1', [a, e1]), form(2, 'v1', [a, e2])], true],
  ])('in %s: one person is %s', (_, claims, expected) => {
    expect(isOne(claims, e1, e2)).toBe(expected)
  })
})

describe('two phones', () => {
  test.each<[string, Claim[][], boolean]>([
    ['an email and one surname', [form(1, 'v1', [a, e1], ivan), form(2, 'v2', [b, e1], 'Пётр Орлов')], false],
    ['an email and two given names', [form(1, 'v1', [a, e1], 'Иван'), form(2, 'v2', [b, e1], 'Анна')], false],
    ['an email and forms of one name', [form(1, 'v1', [a, e1], 'Иван'), form(2, 'v2', [b, e1], 'Ваня')], true],
    ['an email and a word that is no name', [form(1, 'v1', [a, e1], 'Иван'), form(2, 'v2', [b, e1], 'Анан')], true],
    ['an email, a given name and a full one', [form(1, 'v1', [a, e1], 'Иван'), form(2, 'v2', [b, e1], ivan)], true],
    ['an email and a maiden name', [form(1, 'v1', [a, e1], maria), form(2, 'v2', [b, e1], 'Мария Орлова')], true],
    ['a browser and two given names', [form(1, 'v', [a], 'Иван'), form(2, 'v', [b], 'Анна')], false],
    ['a browser and one surname', [form(1, 'v', [a], 'Иван Ким'), form(2, 'v', [b], 'Анна Ким')], false],
    ['a browser and forms of one name', [form(1, 'v', [a], 'Александр'), form(2, 'v', [b], 'Саша')], true],
    ['a browser and one name', [form(1, 'v', [a], 'Иван'), form(2, 'v', [b], 'Иван')], true],
    [
      'a browser and a joke beside the first',
      [form(1, 'v', [a], 'Иван'), form(2, 'v', [a], 'Анна'), form(3, 'v', [b], 'Анна')],
      true,
    ],
  ])('with %s: one person is %s', (_, claims, expected) => {
    expect(isOne(claims, a, b)).toBe(expected)
  })

  test('of three given names in one browser, or with one email, are three people’s', () => {
    const given = ['Иван', 'Анна', 'Олег']
    const contacts = [a, b, c]
    const people = (claims: Claim[][]) => new Set(contacts.map((one) => person(graphOf(claims.flat()), one))).size
    expect(people(contacts.map((one, index) => form(index, 'v', [one], given[index])))).toBe(3)
    expect(people(contacts.map((one, index) => form(index, `v${index}`, [one, e1], given[index])))).toBe(3)
  })

  test('given in one visit by two given names are two people’s, whose firm’s email joins nobody', () => {
    const office = 'email:info@firm.ru'
    const visit = (row: number, phone: Named, name: string): Claim[] =>
      form(row, 'v', [phone, office], name).map((one) => ({
        ...one,
        ...(one.b_kind === 'session' && { b_value: 's' }),
        ...(one.a_kind === 'session' && { a_value: 's' }),
      }))
    const graph = graphOf([...visit(1, a, 'Иван'), ...visit(2, b, 'Анна')])
    expect(graph.find('session', 's')?.shared).toEqual({ rule: 'several_people', max: 1 })
    expect(person(graph, a)).not.toBe(person(graph, b))
  })
})

test('a firm’s email joins nobody, whoever uses it', () => {
  const office = 'email:info@firm.ru'
  const graph = graphOf([...form(1, 'v1', [a, office], ivan), ...form(2, 'v2', [b, office], ivan)])
  expect(graph.find('email', 'info@firm.ru')?.shared).toEqual({ rule: 'role', max: 0 })
  expect(person(graph, a)).not.toBe(person(graph, b))
  expect(person(graph, a)).toBe(person(graph, 'visitor:v1'))
})

test('another name beside one phone does not make another person', () => {
  expect(isOne([form(1, 'v1', [a], 'Иван'), form(2, 'v2', [a], 'Анна')], 'visitor:v1', 'visitor:v2')).toBe(true)
})

describe('a card with two phones', () => {
  const card = deal(1, 'c1', [a, b], ivan)
  test.each<[string, Claim[][], boolean]>([
    ['one with another’s requests', [card, form(2, 'v1', [a], 'Иван'), form(3, 'v2', [b], maria)], false],
    ['one with another’s requests, told before it', [form(2, 'v2', [b], 'Анна'), deal(3, 'c1', [a, b], ivan)], false],
    ['requests of one', [card, form(2, 'v1', [a], 'Иван'), form(3, 'v2', [b], 'Ваня')], true],
    ['one with requests by two names', [card, form(2, 'v2', [b], 'Анна'), form(3, 'v2', [b], 'Ваня')], true],
  ])('and %s: one person is %s', (_, claims, expected) => {
    expect(isOne(claims, a, b)).toBe(expected)
  })

  test('belongs with its own phone, whatever name stands in a request with the only one', () => {
    expect(isOne([deal(1, 'c1', [a], ivan), form(2, 'v1', [a], maria)], a, 'contact:c1')).toBe(true)
  })
})

test('a card’s second phone is whose it is, whatever else a request is called that dozens of deals name', () => {
  const deals = Array.from({ length: 21 }, (_, index) => {
    const said = { fact: 'deal', fact_id: `n${index}`, claimed: false } as const
    return [claim(10 + index, `deal:n${index}`, 'lead:e2', said)]
  })
  const forms = [form(2, 'v2', [b], maria), form(3, 'v2', [b], maria), form(4, 'v1', [a], ivan)]
  const card = [deal(1, 'c1', [a, b], ivan), ...forms, ...deals]
  const graph = graphOf(card.flat())
  const copy = claim(90, 'session:s90', 'lead:e2', { name: nameMark('Иван') })
  graph.putEvent(copy)
  recompute(graph, [])
  expect(answer(graph)).toEqual(answer(graphOf([...card.flat(), copy])))
})

describe('two cards with one phone', () => {
  test.each<[string, string, string, boolean]>([
    ['one name', ivan, 'иван орлов', true],
    ['two names', ivan, maria, false],
    ['no name', '', '', false],
  ])('and %s: one person is %s', (_, one, other, expected) => {
    const claims = [deal(1, 'c1', [a], one), deal(2, 'c2', [a], other)]
    expect(isOne(claims, 'contact:c1', 'contact:c2')).toBe(expected)
  })
})

describe('one browser', () => {
  test('of two who give other names and phones is nobody’s, in one visit or in two', () => {
    const graph = graphOf([...form(1, 'v', [a], ivan), ...form(2, 'v', [b], maria)])
    expect(person(graph, 'visitor:v')).toBe('')
    expect(person(graph, a)).not.toBe(person(graph, b))
  })

  test('of an agent who puts an email of their own beside clients joins none of them', () => {
    const graph = graphOf([...form(1, 'v', [a, e1], ivan), ...form(2, 'v', [b, e1], maria)])
    expect(graph.find('email', 'e1@bk.ru')?.shared).toEqual({ rule: 'names', max: 1 })
    expect(person(graph, 'visitor:v')).toBe('')
    expect(person(graph, a)).not.toBe(person(graph, b))
  })

  test('on which two sign in is nobody’s, and its visits are theirs who signed in', () => {
    const login = (row: number, user: Named): Claim[] => [
      claim(row, 'visitor:v', `session:s${row}`),
      claim(row, 'visitor:v', user),
      claim(row, `session:s${row}`, user),
    ]
    const graph = graphOf([...login(1, 'user:u1'), ...login(2, 'user:u2')])
    expect(person(graph, 'visitor:v')).toBe('')
    expect(person(graph, 'session:s1')).toBe(person(graph, 'user:u1'))
    expect(person(graph, 'session:s2')).toBe(person(graph, 'user:u2'))
    expect(person(graph, 'user:u1')).not.toBe(person(graph, 'user:u2'))
  })
})

test('names in any order of facts, told one by one or all at once, make the same persons', () => {
  const contact = fc.constantFrom<Named>(a, b, c, e1, e2, 'email:info@firm.ru')
  const fact = fc.record({
    isDeal: fc.boolean(),
    who: fc.constantFrom('v1', 'v2', 'v3'),
    named: fc.uniqueArray(contact, { maxLength: 3 }),
    name: fc.constantFrom('', ivan, maria, 'Иван Котов', 'Иван', 'Ваня', 'Анна', 'Мария Орлова'),
  })
  const pause = fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom('on', 'write') },
    { weight: 1, arbitrary: fc.constant('restart') },
  )
  fc.assert(
    fc.property(fc.array(fact, { maxLength: 12 }), fc.func(pause), fc.nat(), (facts, pauses, seed) => {
      const told = facts.map(({ isDeal, who, named, name }, index) =>
        isDeal ? deal(index, `c${who}`, named, name) : form(index, who, named, name),
      )
      const tell = (graph: Graph, claims: Claim[]) => {
        const [first] = claims
        if (first?.fact === 'deal') graph.replaceFact('deal', first.fact_id, 'deal', claims)
        else for (const one of claims) graph.putEvent(one)
      }
      const whole = new Graph('shop')
      for (const claims of told) tell(whole, claims)
      recompute(whole, [])
      let slow = new Graph('shop')
      const shuffled = told.toSorted((x, y) => (((x[0]?.row ?? 0) * seed) % 7) - (((y[0]?.row ?? 0) * seed) % 7))
      shuffled.forEach((claims, index) => {
        tell(slow, claims)
        const next = pauses(index)
        if (next === 'on') return
        recompute(slow, [])
        if (next === 'write') edgeChanges(slow)
        else slow = restarted(slow)
      })
      recompute(slow, [])
      expect(answer(slow)).toEqual(answer(whole))
    }),
  )
}, 120_000)
