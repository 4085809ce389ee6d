import { describe, expect, test } from 'vitest'
import { numbersNeeded } from './erlang.ts'

describe('the numbers a pool needs', () => {
  // Erlang B tables, one lost in a hundred: 5 lines carry 1.36 erlangs, 10 carry 4.46, 20 carry 12.03.
  test.each([
    [1.36, 5],
    [1.37, 6],
    [4.46, 10],
    [4.47, 11],
    [12.03, 20],
    [12.04, 21],
  ])('are, for %s erlangs, %s', (load, numbers) => {
    expect(numbersNeeded(load, 0.01)).toBe(numbers)
  })
})
