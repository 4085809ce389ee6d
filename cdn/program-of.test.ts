import { minify } from 'terser'
import { describe, expect, test } from 'vitest'
import { type Node, programOf } from './program-of.ts'

async function partsOf(code: string) {
  const { ast } = (await minify(code, {
    compress: false,
    mangle: false,
    format: { ast: true, code: false } as object,
  })) as unknown as { ast: { body: Node[] } }
  return programOf(ast.body)
}

describe('a variable may stand anywhere', () => {
  test.each([
    ['without a value', 'a'],
    ['a constant', 'a="text"'],
    ['a constant behind a sign', 'a=-1'],
    ['a function', 'a=x=>b(x)'],
    ['a list of such', 'a=[1,x=>x,[]]'],
    ['an object of such', 'a={b:1,c:x=>x,d(){return 1}}'],
    ['what a marked function makes of them', 'a=/* @__PURE__ */ f(x=>x)', 'a=f(x=>x)'],
    ['what a marked function makes of a function', 'a=/* @__PURE__ */ f(f)', 'a=f(f)'],
  ])('when it is %s', async (_, variable, printed = variable) => {
    expect(await partsOf(`function f(){}var ${variable};g()`)).toEqual({
      functions: ['function f(){}'],
      free: [printed],
      bound: [],
      rest: ['g()'],
    })
  })

  test.each([
    ['what any function gives', 'a=f(x=>x)'],
    ['what a marked function makes of something worked out', 'a=/* @__PURE__ */ f(b)', 'a=f(b)'],
    ['what a marked one makes, though it is a variable itself', 'a=/* @__PURE__ */ b(1)', 'a=b(1)'],
    ['another variable', 'a=b'],
    ['of the page', 'a=document.referrer'],
    ['what is called on the spot of what a marked one makes', 'a=/* @__PURE__ */ f(x=>x)()', 'a=f(x=>x)()'],
    ['an object with something in it', 'a={b:c}'],
    ['an object whose names are worked out', 'a={[b]:1}'],
    ['an object whose methods have names that are worked out', 'a={[b](){}}'],
    ['taken out of something', '[a]=b'],
    ['a sum', 'a=b+1'],
  ])('but not when it is %s', async (_, variable, printed = variable) => {
    expect(await partsOf(`function f(){}var ${variable};g()`)).toMatchObject({ free: [], bound: [printed] })
  })

  test('nor when it comes after a statement', async () => {
    expect(await partsOf('var a;g();var b=1;function f(){}')).toEqual({
      functions: ['function f(){}'],
      free: ['a'],
      bound: [],
      rest: ['g()', 'var b=1'],
    })
  })
})
