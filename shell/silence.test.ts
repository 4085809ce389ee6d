import { describe, expect, test } from 'vitest'
import { openSilence } from './silence.ts'

const SECOND = 1_000

/** Looks at these seconds, and hears something right after those that are named. */
function silenceAt(looks_s: readonly number[], heard_s: readonly number[] = []): number {
  const silence = openSilence(SECOND)
  for (const at of looks_s) {
    silence.look(at * SECOND)
    if (heard_s.includes(at)) silence.heard()
  }
  return silence.ms / SECOND
}

const upTo = (last: number) => Array.from({ length: last + 1 }, (_, second) => second)

describe('the silence of another process', () => {
  test.each<[string, readonly number[], readonly number[], number]>([
    ['is none at the first look', [7], [], 0],
    ['grows with every look', upTo(30), [], 30],
    ['ends with a word', upTo(30), [12], 18],
    ['counts two looks at most when a look is late', [0, 1, 5], [], 3],
    ['begins anew when we stood still ourselves', [...upTo(20), 26, 27], [], 1],
    ['goes on when a look is just not that late', [...upTo(20), 25], [], 22],
  ])('%s', (_, looks, heard, expected) => {
    expect(silenceAt(looks, heard)).toBe(expected)
  })
})
