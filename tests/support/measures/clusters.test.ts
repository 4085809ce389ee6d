import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bCubed, type Judged, mixedClusters, pairwise } from './clusters.ts'

/** Each answered cluster written as the true groups of its items. */
function judged(...clusters: string[]): Judged[] {
  return clusters.flatMap((groups, answer) => [...groups].map((group) => ({ truth: group.charCodeAt(0), answer })))
}

describe('the measures of clusters', () => {
  test('give the answers that Bagga and Baldwin printed', () => {
    // Truth: {1 2 3 4 5} {6 7} {8 9 A B C}. Their second response joins the small chain, their third the two large ones.
    expect(bCubed(judged('aaaaa', 'bbccccc'))).toEqual({ precision: expect.closeTo(16 / 21, 12), recall: 1 })
    expect(bCubed(judged('aaaaaccccc', 'bb'))).toEqual({ precision: expect.closeTo(7 / 12, 12), recall: 1 })
  })

  test('give the answers that Manning, Raghavan and Schütze printed for their seventeen points', () => {
    // Introduction to Information Retrieval, figure 16.4: 20 of 40 pairs right, 20 of 44 found.
    expect(pairwise(judged('xxxxxo', 'xooood', 'xxddd'))).toEqual({ precision: 20 / 40, recall: 20 / 44 })
  })

  test('call nothing at all perfect, and one cluster of all complete', () => {
    expect(pairwise([])).toEqual({ precision: 1, recall: 1 })
    expect(bCubed([])).toEqual({ precision: 1, recall: 1 })
    expect(pairwise(judged('aabb'))).toEqual({ precision: 2 / 6, recall: 1 })
  })

  test('name the clusters that mix groups, the worst first', () => {
    expect(mixedClusters(judged('aab', 'c', 'abc', 'dd'))).toEqual([
      { answer: 2, groups: 3 },
      { answer: 0, groups: 2 },
    ])
  })

  test('agree with counting pairs one by one, and swap when truth and answer are swapped', () => {
    const items = fc.array(fc.record({ truth: fc.nat(4), answer: fc.nat(4) }), { maxLength: 20 })
    fc.assert(
      fc.property(items, (all) => {
        const pairs = all.flatMap((one, index) => all.slice(index + 1).map((other) => [one, other] as const))
        const isTrue = ([a, b]: readonly [Judged, Judged]) => a.truth === b.truth
        const isSaid = ([a, b]: readonly [Judged, Judged]) => a.answer === b.answer
        const right = pairs.filter((pair) => isTrue(pair) && isSaid(pair)).length
        const share = (whole: number) => (whole === 0 ? 1 : right / whole)
        expect(pairwise(all)).toEqual({
          precision: share(pairs.filter(isSaid).length),
          recall: share(pairs.filter(isTrue).length),
        })
        const swapped = all.map(({ truth, answer }) => ({ truth: answer, answer: truth }))
        const [there, back] = [bCubed(all), bCubed(swapped)]
        expect(back.recall).toBeCloseTo(there.precision, 12)
        expect(back.precision).toBeCloseTo(there.recall, 12)
      }),
    )
  })
})
