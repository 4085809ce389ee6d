import { describe, expect, test } from 'vitest'
import { readClick } from './click.ts'

describe('a click on a link', () => {
  test.each([
    ['tel://+74950000001', 'phone', '+74950000001'],
    ['tel:+74950000001', 'phone', '+74950000001'],
    ['mailto://hi@shop.test', 'email', 'hi@shop.test'],
    ['https://wa.me/79261112233', 'messenger', 'https://wa.me/79261112233'],
    ['https://api.whatsapp.com/send', 'messenger', 'https://api.whatsapp.com/send'],
    ['whatsapp://send', 'messenger', 'whatsapp://send'],
    ['https://t.me/shop', 'messenger', 'https://t.me/shop'],
    ['tg://resolve', 'messenger', 'tg://resolve'],
    ['viber://chat', 'messenger', 'viber://chat'],
    ['https://vk.me/shop', 'messenger', 'https://vk.me/shop'],
    ['https://vk.com/im', 'messenger', 'https://vk.com/im'],
    ['https://max.ru/shop', 'messenger', 'https://max.ru/shop'],
    ['https://shop.test/price.PDF', 'download', 'https://shop.test/price.PDF'],
    ['https://cdn.example/a/b.zip', 'download', 'https://cdn.example/a/b.zip'],
    ['https://partner.example/page', 'outbound', 'https://partner.example/page'],
    ['https://not.me/79261112233', 'outbound', 'https://not.me/79261112233'],
    ['https://climax.ru/', 'outbound', 'https://climax.ru/'],
    ['https://vk.com/shop', 'outbound', 'https://vk.com/shop'],
    ['https://zip/', 'outbound', 'https://zip/'],
  ])('at %s is %s', (address, kind, target) => {
    expect(readClick(address)).toEqual({ kind, target })
  })
})
