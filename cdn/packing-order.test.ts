import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { inPackingOrder } from './packing-order.ts'

/** Functions that resemble each other in pairs, and stand as far from each other as they can. */
const functions = [0, 1, 2, 3, 0, 1, 2, 3].map(
  (kind, at) =>
    `function f${at}(){return"${String.fromCharCode(97 + kind).repeat(3)}${'xyzw'[kind]}kind${kind}"+${at}}`,
)
const plain = (functions: string) => `${functions}var a=()=>f1(),b,c=x=>a()+x,ready=f0()+f7();${rest}`
const rest = 'globalThis.answer=c(ready)'

describe('functions in the order that packs best', () => {
  const parts = {
    functions,
    first: [],
    free: ['a=()=>f1()', 'b', 'c=x=>a()+x'],
    bound: ['ready=f0()+f7()'],
    rest: [rest],
  }
  const program = inPackingOrder(parts)

  test('are all there, once, before what calls them', () => {
    expect(program).toHaveLength(plain(functions.join('')).length)
    for (const text of functions) expect(program.split(text)).toHaveLength(2)
    expect(program.endsWith(`,ready=f0()+f7();${rest}`)).toBe(true)
  })

  test('answer what they did before', () => {
    const run = (text: string) => new Function('globalThis', text)
    const [packed, asWritten] = [{}, {}]
    run(program)(packed)
    run(plain(functions.join('')))(asWritten)
    expect(packed).toEqual(asWritten)
    expect(packed).toEqual({ answer: 'bbbykind11aaaxkind00dddwkind37' })
  })

  test('weigh no more than as they stood', () => {
    const weigh = (text: string) => gzipSync(text, { level: 9 }).length
    expect(weigh(program)).toBeLessThan(weigh(plain(functions.join(''))))
    expect(inPackingOrder(parts)).toBe(program)
  })

  test('need not be there', () => {
    const none = { functions: [], first: [], free: [], bound: [], rest: [] }
    expect(inPackingOrder({ ...none, rest: ['a()', 'b()'] })).toBe('a();b()')
    expect(inPackingOrder({ ...none, free: ['a'] })).toBe('var a')
    expect(inPackingOrder({ ...none, first: ['f=()=>{}'], free: ['a'] })).toBe('var f=()=>{},a')
  })
})
