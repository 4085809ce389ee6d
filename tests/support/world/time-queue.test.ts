import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openTimeQueue } from './time-queue.ts'

test('a time queue gives back everything by moment, and what is of one moment in the order it was put in', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(9)), (moments) => {
      const queue = openTimeQueue<number>()
      for (const [index, moment] of moments.entries()) queue.put(moment, index)
      const order = [...moments.keys()].toSorted((a, b) => (moments[a] as number) - (moments[b] as number) || a - b)
      expect(moments.map(() => queue.take())).toEqual(order)
      expect(queue.take()).toBeUndefined()
      expect(queue.earliest_ms()).toBe(Number.POSITIVE_INFINITY)
    }),
  )
})
