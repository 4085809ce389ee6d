import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromByteText, toByteText } from './byte-text.ts'

describe('text as bytes', () => {
  const texts = fc.string({
    unit: fc.oneof(fc.constantFrom('a', '\0', '\x7f', '\x80', 'é', 'ж', '😀', '"'), fc.string()),
  })

  test('has a character for each byte of the text, and comes back as it was', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const well = text.replace(/\p{Surrogate}/gu, '?')
        expect(Buffer.from(toByteText(well), 'latin1')).toEqual(Buffer.from(well))
        expect(fromByteText(toByteText(well))).toBe(well)
      }),
    )
  })

  test('can be put together from parts', () => {
    fc.assert(
      fc.property(texts, texts, (a, b) => {
        const [one, two] = [a.replace(/\p{Surrogate}/gu, '?'), b.replace(/\p{Surrogate}/gu, '?')]
        expect(fromByteText(`${toByteText(one)},${toByteText(two)}`)).toBe(`${one},${two}`)
      }),
    )
  })
})
