import { describe, expect, test } from 'vitest'
import { formatPosition, parsePosition } from './position.ts'

describe('a position', () => {
  test('reads back as it was written', () => {
    const position = { node: 'a1b2c3', segments: { events: 12, leases: 3 } }
    expect(parsePosition(formatPosition(position))).toEqual(position)
  })

  test('of a write that touched nothing is just the node', () => {
    expect(parsePosition('a1b2c3')).toEqual({ node: 'a1b2c3', segments: {} })
  })

  test.each(['', 'A B', 'node.events', 'node.events-x', 'node.events-1;DROP'])('refuses %j', (text) => {
    expect(parsePosition(text)).toBeUndefined()
  })
})
