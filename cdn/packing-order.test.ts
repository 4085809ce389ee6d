import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { inPackingOrder } from './packing-order.ts'

/** Functions that resemble each other in pairs, and stand as far from each other as they can. */
const functions = [0, 1, 2, 3, 0, 1, 2, 3].map(
  (kind, at) =>
    `function f${at}(){return"${String.fromCharCode(97 + kind).repeat(3)}${'xyzw'[kind]}kind${kind}"+${at}}`,
)
const rest = 'var ready=f0()+f7();globalThis.answer=ready'

describe('functions in the order that packs best', () => {
  const program = inPackingOrder([functions[0] as string, rest, ...functions.slice(1)])

  test('are all there, once, before what calls them', () => {
    expect(program).toHaveLength(`${functions.join('')}${rest}`.length)
    for (const text of functions) expect(program.split(text)).toHaveLength(2)
    expect(program.endsWith(rest)).toBe(true)
  })

  test('answer what they did before', () => {
    const run = (text: string) => new Function('globalThis', text)
    const [packed, plain] = [{}, {}]
    run(program)(packed)
    run(functions.join('') + rest)(plain)
    expect(packed).toEqual(plain)
    expect(packed).toEqual({ answer: 'aaaxkind00dddwkind37' })
  })

  test('weigh no more than as they stood', () => {
    const weigh = (text: string) => gzipSync(text, { level: 9 }).length
    expect(weigh(program)).toBeLessThanOrEqual(weigh(functions.join('') + rest))
    expect(inPackingOrder(functions)).toBe(inPackingOrder(functions))
  })
})
