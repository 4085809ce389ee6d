import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Claim } from './edge.ts'
import { Graph } from './graph.ts'
import { edgeChanges } from './identity-rows.ts'
import { recompute } from './recompute.ts'
import { claim, type Named, restarted } from './test-graph.ts'

const phone = (number: number): Named => `phone:+7926111000${number}`
const email = (number: number): Named => `email:client${number}@mail.ru`

/** What a server tells; each word of it is a fact, of which what came before is kept. */
function toldBeside(
  beside: string,
  { visit, given, at, row }: { visit: Named; given: Named[]; at: number; row: number },
): Claim[] {
  if (beside === '') return []
  const said = { at, claimed: false } as const
  if (beside === 'lead' || beside === 'same') {
    const lead = { ...said, fact: 'lead', fact_id: `m${row}` } as const
    const names = given.map((name) => claim(row, `lead:m${row}`, name, lead))
    if (beside === 'lead') return [claim(row, `lead:m${row}`, visit, lead), ...names]
    return [...names, claim(row, `lead:m${row}`, `lead:l${row - 1}`, { at, fact: 'same', fact_id: `m${row}` })]
  }
  const deal = { ...said, fact: 'deal', fact_id: `d${row}` } as const
  const names = given.filter((name) => !name.startsWith('user'))
  return [`contact:${beside}` as Named, ...names].map((name) => claim(row, `deal:d${row}`, name, deal))
}

/** Adds to what its fact has said before. */
function tell(graph: Graph, one: Claim): void {
  if (one.fact === 'event') {
    graph.putEvent(one)
    return
  }
  const center = one.fact === 'deal' ? 'deal' : 'lead'
  const before = (graph.find(center, one.fact_id)?.edges ?? []).filter(
    ({ fact: of, fact_id }) => of === one.fact && fact_id === one.fact_id,
  )
  const said = before.map((edge) => {
    const { a, b, at, received_at, node, segment, row, claimed, fact: of, fact_id } = edge
    const ends = { a_kind: a.kind, a_value: a.value, b_kind: b.kind, b_value: b.value }
    return { ...ends, at, received_at, node, segment, row, claimed, fact: of, fact_id }
  })
  graph.replaceFact(one.fact, one.fact_id, center, [...said, one])
}

function takeBack(graph: Graph, id: string): void {
  for (const [fact, center] of [
    ['lead', 'lead'],
    ['same', 'lead'],
    ['deal', 'deal'],
  ] as const)
    graph.replaceFact(fact, id, center, [])
}

test('whether a visit is of several does not depend on the order of facts, nor on when it was asked', () => {
  const anybody = fc.integer({ min: 1, max: 8 })
  const names = fc.oneof(
    anybody.map((number): Named[] => [phone(number)]),
    anybody.map((number): Named[] => [phone(number), email(number)]),
    anybody.map((number): Named[] => [email(number)]),
    fc.tuple(anybody, anybody).map(([one, other]): Named[] => [phone(one), email(other)]),
    anybody.map((number): Named[] => [`user:u${number % 4}`]),
  )
  const told = fc.record({
    browser: fc.constantFrom<Named>('visitor:tablet', 'visitor:tablet', 'visitor:tablet', 'visitor:other'),
    visit: fc.constantFrom<Named>('session:s', 'session:s', 'session:other'),
    names,
    isForm: fc.boolean(),
    at: fc.nat({ max: 2 * 86_400_000 }),
    /** What a server tells beside it: a lead in the visit, the form again under another id, or a deal of a card. */
    beside: fc.constantFrom('', '', '', 'lead', 'same', 'k1', 'k2'),
    mark: fc.constantFrom(0, 0, 7, 8),
    /** In the end the server has never said so. */
    isTakenBack: fc.boolean(),
  })
  const MOST = 16
  const CLAIMS_MOST = MOST * 9
  const keys = fc.array(fc.nat(), { minLength: CLAIMS_MOST, maxLength: CLAIMS_MOST })
  const pauses = fc.array(
    fc.oneof(
      { weight: 30, arbitrary: fc.constantFrom('on', 'on', 'look', 'write') },
      { weight: 1, arbitrary: fc.constant('restart') },
    ),
    {
      minLength: CLAIMS_MOST,
      maxLength: CLAIMS_MOST,
    },
  )
  const standing = (graph: Graph) =>
    [...graph.vertices.values()].map((one) => `${one.kind} ${one.value} ${one.person} ${one.shared?.rule}`).sort()
  let several = 0
  fc.assert(
    fc.property(fc.array(told, { minLength: 6, maxLength: MOST }), keys, pauses, (facts, order, breaks) => {
      const claims = facts.flatMap(({ browser, visit, names: given, isForm, at, beside, mark }, row) => {
        const lead: Named = `lead:l${row}`
        const named = given.flatMap((name): Claim[] => [
          claim(row, browser, name, { at }),
          isForm ? claim(row, name, lead, { at }) : claim(row, visit, name, { at, name: mark }),
        ])
        const sent = isForm ? [claim(row, visit, lead, { at })] : []
        return [claim(row, browser, visit, { at }), ...sent, ...named, ...toldBeside(beside, { visit, given, at, row })]
      })
      let graph = new Graph('shop')
      const shuffled = claims.map((one, index) => ({ one, key: order[index] ?? 0 })).toSorted((x, y) => x.key - y.key)
      shuffled.forEach(({ one }, index) => {
        tell(graph, one)
        if (breaks[index] !== 'on') recompute(graph, [])
        if (breaks[index] === 'write') edgeChanges(graph)
        if (breaks[index] === 'restart') graph = restarted(graph)
      })
      recompute(graph, [])
      if (graph.find('session', 's')?.shared?.rule === 'several_people') several += 1
      const gone = facts.flatMap(({ isTakenBack }, row) => (isTakenBack ? [`m${row}`, `d${row}`] : []))
      for (const id of gone) takeBack(graph, id)
      recompute(graph, [])
      const whole = new Graph('shop')
      for (const one of claims) if (!gone.includes(one.fact_id)) tell(whole, one)
      recompute(whole, [])
      expect(standing(graph)).toEqual(standing(whole))
    }),
    { numRuns: 200 },
  )
  expect(several).toBeGreaterThan(10)
}, 120_000)
