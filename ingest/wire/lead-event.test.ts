import { describe, expect, test } from 'vitest'
import { TrackedEvent } from './event.ts'
import { formOfLead } from './lead-event.ts'

const read = (event: object) =>
  formOfLead(TrackedEvent.parse({ id: 'e-1', type: 'custom', at: '2026-11-21T10:00:00Z', ...event }))

describe('the custom event «lead»', () => {
  test('is a form with its properties as fields', () => {
    expect(
      read({ name: 'lead', url: 'https://shop.test/', props: { phone: 79261112233, name: 'Мария', more: { a: 1 } } }),
    ).toEqual({
      id: 'e-1',
      type: 'form',
      at: Date.parse('2026-11-21T10:00:00Z'),
      url: 'https://shop.test/',
      form: { fields: { phone: '79261112233', name: 'Мария' } },
    })
  })

  test('is a form also when it says nothing', () => {
    expect(read({ name: 'lead' })).toMatchObject({ type: 'form', form: { fields: {} } })
  })

  test('is alone in that', () => {
    expect(read({ name: 'leads', props: { phone: '1' } })).toMatchObject({ type: 'custom', name: 'leads' })
  })
})
