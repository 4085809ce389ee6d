import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { projectOf } from './project.ts'

const projects = [
  { id: 'sunny', url_prefixes: ['/zhk-sunny', 'https://sunny.example/'] },
  { id: 'sunny-parking', url_prefixes: ['/zhk-sunny/parking/'] },
  { id: 'north', url_prefixes: ['shop.example/North', ''] },
  { id: 'garden', url_prefixes: ['/жк-сад', 'https://сад.рф'] },
]

describe('the project of a page', () => {
  test.each([
    ['https://shop.example/zhk-sunny', 'sunny'],
    ['https://shop.example/zhk-sunny/', 'sunny'],
    ['https://shop.example/zhk-sunny/flats?rooms=2#top', 'sunny'],
    ['https://shop.example/ZHK-Sunny/Flats', 'sunny'],
    ['https://shop.example/zhk-sunny-2', ''],
    ['https://shop.example/en/zhk-sunny', ''],
    ['https://shop.example/zhk-sunny/parking', 'sunny-parking'],
    ['https://shop.example/zhk-sunny/parking/7', 'sunny-parking'],
    ['https://www.sunny.example/anything', 'sunny'],
    ['https://notsunny.example/', ''],
    ['http://www.shop.example/north/1', 'north'],
    ['https://other.example/north/1', ''],
    ['https://shop.example/%D0%B6%D0%BA-%D1%81%D0%B0%D0%B4/1', 'garden'],
    ['https://xn--80ai1b.xn--p1ai/', 'garden'],
    ['https://shop.example/', ''],
    ['nonsense', ''],
    ['', ''],
  ])('%s is %j', (url, project) => {
    expect(projectOf(url, projects)).toBe(project)
  })

  test('is empty for a site without projects', () => {
    expect(projectOf('https://shop.example/', [])).toBe('')
  })

  test('is found without an exception, whatever the address and the prefixes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.array(fc.string({ unit: 'binary' })), (text, url_prefixes) => {
        expect(['', 'a']).toContain(projectOf(`https://${text}`, [{ id: 'a', url_prefixes }]))
      }),
    )
  })
})
