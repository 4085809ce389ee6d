import { describe, expect, test } from 'vitest'
import { campaignOf } from './campaign.ts'

describe('the mark of a campaign', () => {
  test.each([
    ['?utm_source=yandex'],
    ['?page=2&yclid=1'],
    ['?gclid=1'],
    ['?gbraid=1'],
    ['?msclkid=1'],
    ['?ttclid=1'],
    ['?_openstat=x'],
    ['?click_id=1'],
  ])('is made of «%s»', (query) => {
    expect(campaignOf(query)).toMatch(/^\w+$/)
  })

  test.each([[''], ['?page=2'], ['?utm_source='], ['?id=1'], ['?xutm_source=a'], ['?inclid=']])(
    'is empty for «%s»',
    (query) => {
      expect(campaignOf(query)).toBe('')
    },
  )

  test('differs with any tag and ignores all that is no tag', () => {
    expect(campaignOf('?utm_source=a&gclid=1')).toBe(campaignOf('?utm_source=a&sort=price&gclid=1'))
    expect(campaignOf('?utm_source=a&gclid=1')).not.toBe(campaignOf('?utm_source=a&gclid=2'))
  })
})
