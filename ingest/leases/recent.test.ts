import { expect, test } from 'vitest'
import { Recent } from './recent.ts'

test('what was said or asked for of late is known, and never more than there is room for', () => {
  const recent = new Recent<number>(10)
  const isKnown = (number: number) => recent.get(`key ${number}`) === number
  for (let number = 0; number < 100; number++) {
    recent.set(`key ${number}`, number)
    // Asked for again and again.
    expect(isKnown(0)).toBe(true)
    for (let back = 0; back < Math.min(4, number); back++) expect(isKnown(number - back)).toBe(true)
  }
  const known = Array.from({ length: 100 }, (_, number) => number).filter(isKnown)
  expect(known).toContain(99)
  expect(known).not.toContain(50)
  expect(known.length).toBeLessThanOrEqual(10)
})

test('what was said last counts', () => {
  const recent = new Recent<string>(4)
  recent.set('a', 'first')
  recent.set('b', 'x')
  recent.set('a', 'second')
  recent.set('c', 'x')
  expect(recent.get('a')).toBe('second')
})
