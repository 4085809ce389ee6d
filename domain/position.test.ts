import { describe, expect, test } from 'vitest'
import { formatPosition, joinPositions, parsePosition } from './position.ts'

describe('a position', () => {
  test('reads back as it was written', () => {
    const position = [
      { node: 'a1b2c3', segments: { events: 12, leases: 3 } },
      { node: 'constructor', segments: { calls: 7 } },
    ]
    expect(formatPosition(position)).toBe('a1b2c3.events-12.leases-3~constructor.calls-7')
    expect(parsePosition(formatPosition(position))).toEqual(position)
  })

  test('of a write that touched nothing is just the node', () => {
    expect(parsePosition('a1b2c3')).toEqual([{ node: 'a1b2c3', segments: {} }])
  })

  test.each([
    '',
    'A B',
    'node.events',
    'node.events-x',
    'node.events-1;DROP',
    'a1~',
    'a1.events-1~a1.events-2',
    Array.from({ length: 257 }, (_, i) => `n${i}`).join('~'),
  ])('refuses %j', (text) => {
    expect(parsePosition(text)).toBeUndefined()
  })

  test('joined with another is the later of both in every log', () => {
    const a = [{ node: 'a', segments: { events: 5, calls: 1 } }]
    const b = [
      { node: 'a', segments: { events: 3, leases: 2 } },
      { node: 'b', segments: { events: 9 } },
    ]
    const both = [
      { node: 'a', segments: { events: 5, calls: 1, leases: 2 } },
      { node: 'b', segments: { events: 9 } },
    ]
    expect(joinPositions(a, b)).toEqual(both)
    expect(a[0]?.segments).toEqual({ events: 5, calls: 1 })
  })
})
