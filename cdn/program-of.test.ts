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
    const { first, free, bound, rest } = await partsOf(`function f(){}var ${variable};g()`)
    expect([...first, ...free]).toHaveLength(2)
    expect(free).toContain(printed)
    expect([bound, rest]).toEqual([[], ['g()']])
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
    const { free, bound } = await partsOf(`function f(){}var ${variable};g()`)
    expect([free.filter((each) => each !== 'f=()=>{}'), bound]).toEqual([[], [printed]])
  })

  test('nor when it comes after a statement', async () => {
    expect(await partsOf('var a;g();var b=1;function f(){}')).toEqual({
      functions: [],
      first: [],
      free: ['f=()=>{}', 'a'],
      bound: [],
      rest: ['g()', 'var b=1'],
    })
  })
})

describe('a function', () => {
  test.each([
    ['of nothing', 'function f(){a();b()}', 'f=()=>{a();b()}'],
    ['of one thing', 'function f(x){if(x)a()}', 'f=x=>{if(x)a()}'],
    ['of two', 'function f(x,y=1){return x+y}', 'f=(x,y=1)=>x+y'],
    ['of parts of a thing', 'function f({x:y}){return y}', 'f=({x:y})=>y'],
    ['that answers with an object', 'function f(){return{a:1}}', 'f=()=>({a:1})'],
    ['that answers with a part of one', 'function f(){return{a:1}.a}', 'f=()=>({a:1}.a)'],
    ['that does something before it answers', 'function f(x){return a(),x}', 'f=x=>(a(),x)'],
    ['that answers at the end', 'function f(x){let y=a(x);return y+y}', 'f=x=>{let y=a(x);return y+y}'],
  ])('%s becomes a variable, and does the same', async (_, code, variable) => {
    const { functions, free } = await partsOf(`${code}g()`)
    expect([functions, free]).toEqual([[], [variable]])
  })

  test.each([
    ['is called for the value of a variable', 'var a=/* @__PURE__ */ f(x=>x);'],
    ['is a part of the value of a variable', 'var a=[1,f];'],
  ])('comes before the other variables when it %s', async (_, variable) => {
    const { functions, first } = await partsOf(`function f(x){return x}${variable}g()`)
    expect([functions, first]).toEqual([[], ['f=x=>x']])
  })

  test.each(['function f(){return this}', 'function f(){g(arguments)}', 'async function f(){}', 'function*f(){}'])(
    'stays one when a variable would do something else: %s',
    async (code) => {
      expect((await partsOf(`${code}g()`)).functions).toEqual([code])
    },
  )
})
