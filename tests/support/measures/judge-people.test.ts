import { describe, expect, test } from 'vitest'
import { Truth } from '../world/truth.ts'
import { type Identity, joinedByFacts, judgePeople } from './judge-people.ts'

/** Ann has two browsers and tells her phone in one of them; Bob calls from the office's phone, as Ann once does. */
function smallTruth(): Truth {
  const truth = new Truth()
  const [ann, bob] = [truth.newPerson(), truth.newPerson()]
  truth.fact(ann, [
    ['visitor', 'v1'],
    ['session', 's1'],
    ['phone', '+71'],
  ])
  truth.fact(ann, [
    ['visitor', 'v2'],
    ['session', 's2'],
    ['phone', '+79'],
  ])
  truth.fact(bob, [
    ['visitor', 'v3'],
    ['session', 's3'],
    ['phone', '+79'],
  ])
  truth.nobodys(['phone', '+70'])
  return truth
}

function said(persons: Record<string, string>, shared: readonly string[] = []): Identity[] {
  const row = (name: string, person: string) => {
    const [kind, value] = name.split(' ') as [string, string]
    return { kind, value, person, shared: Number(shared.includes(name)) }
  }
  return [...Object.entries(persons).map(([name, person]) => row(name, person)), ...shared.map((name) => row(name, ''))]
}

const apart = { 'visitor v1': 'a', 'phone +71': 'a', 'visitor v2': 'b', 'visitor v3': 'c' }

describe('the people of an answer', () => {
  test('are as good as can be when only what a fact of one person names is joined', () => {
    const quality = judgePeople(smallTruth(), said(apart, ['phone +79']))
    expect(quality).toMatchObject({ identifiers: 4, largestMixed: 1, mixedClusters: 0, wronglyShared: 0 })
    expect(quality.pairwise).toEqual({ precision: 1, recall: 1 / 3 })
    expect(quality.pairwise).toEqual(quality.best.pairwise)
    expect(quality.bCubed).toEqual(quality.best.bCubed)
    expect(quality.sharedFound).toEqual({ right: 1, of: 1 })
  })

  test('are worse when the shared phone joins its users, and the phone itself is no item', () => {
    const joined = { ...apart, 'visitor v2': 'b', 'visitor v3': 'b', 'phone +79': 'b' }
    const quality = judgePeople(smallTruth(), said(joined))
    expect(quality).toMatchObject({ identifiers: 4, largestMixed: 2, mixedClusters: 1 })
    expect(quality.pairwise).toEqual({ precision: 1 / 2, recall: 1 / 3 })
    expect(quality.sharedFound).toEqual({ right: 0, of: 1 })
  })

  test('are known to be mixed by what they did alone', () => {
    const quality = judgePeople(smallTruth(), said({ ...apart, 'session s3': 'a' }))
    expect(quality).toMatchObject({ pairwise: { precision: 1 }, largestMixed: 2 })
  })

  test('stand each for itself where the answer has nothing, or takes one of theirs for shared', () => {
    const quality = judgePeople(smallTruth(), said({ 'visitor v1': 'a' }, ['phone +71']))
    expect(quality).toMatchObject({ pairwise: { precision: 1, recall: 0 }, wronglyShared: 1 })
  })

  test('are not made worse by bots that are taken for one, only by a bot taken for a person', () => {
    const truth = smallTruth()
    for (const name of ['v8', 'v9']) truth.fact(truth.newBot(), [['visitor', name]])
    const bots = judgePeople(truth, said({ ...apart, 'visitor v8': 'x', 'visitor v9': 'x' }))
    expect(bots).toMatchObject({ identifiers: 4, pairwise: { precision: 1 }, largestMixed: 1 })
    expect(judgePeople(truth, said({ ...apart, 'visitor v8': 'a' }))).toMatchObject({ largestMixed: 2 })
  })
})

test('the oracle joins along facts of one person, and never over what several use', () => {
  const truth = smallTruth()
  const find = joinedByFacts(truth)
  const group = (kind: 'visitor' | 'session' | 'phone', value: string) => find(truth.numberOf([kind, value]))
  expect(group('visitor', 'v1')).toBe(group('phone', '+71'))
  expect(group('visitor', 'v2')).toBe(group('session', 's2'))
  expect(
    new Set([group('visitor', 'v1'), group('visitor', 'v2'), group('visitor', 'v3'), group('phone', '+79')]).size,
  ).toBe(4)
})
