import fc from 'fast-check'
import { expect, test } from 'vitest'
import { areOthers, nameMark } from '#domain/full-name.ts'
import { anyHaveOtherNames } from './names-beside.ts'

const written = [
  'Иван',
  'Ваня Орлов',
  'Саша',
  'Александра Котова',
  'Слава Ким',
  'Владик',
  'Ростислав Орлов',
  'Alex Kim',
  'Анна',
]
const marks = written.map(nameMark)

test.each(['full', 'given'] as const)(
  'of many names there are two people’s just when two of them are, by %s',
  (evidence) => {
    let isSo = 0
    fc.assert(
      fc.property(fc.array(fc.uniqueArray(fc.constantFrom(...marks), { maxLength: 3 }), { maxLength: 6 }), (all) => {
        const told = all.filter(
          (names) => names.length > 0 && names.every((name) => evidence === 'given' || name > 2 ** 15),
        )
        const expected = told.some((some) =>
          told.some((others) => some.every((one) => others.every((other) => areOthers(one, other, evidence)))),
        )
        isSo += Number(expected)
        expect(
          anyHaveOtherNames(
            told.map((names) => new Set(names)),
            evidence,
          ),
        ).toBe(expected)
      }),
      { numRuns: 300 },
    )
    expect(isSo).toBeGreaterThan(10)
  },
)
