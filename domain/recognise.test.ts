import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { recogniseFields } from './recognise.ts'

const all = { region: 'RU', form_values: ['*'] }

function find(fields: Record<string, string>) {
  const { phone, email, name } = recogniseFields(fields, all)
  return { phone, email, name }
}

describe('a form', () => {
  test.each<[string, Record<string, string>, object]>([
    [
      'of Tilda',
      { Name: 'Анна', Phone: '+7 (926) 123-45-67', Email: 'Anna@Example.com', 'tildaspec-formid': 'form1' },
      { name: 'Анна', phone: '+79261234567', email: 'anna@example.com' },
    ],
    [
      'of Contact Form 7',
      { 'your-name': 'Анна', 'your-email': 'anna@example.com', 'tel-123': '89261234567', _wpcf7: '5' },
      { name: 'Анна', phone: '+79261234567', email: 'anna@example.com' },
    ],
    [
      'of Bitrix24',
      { 'FIELDS[NAME]': 'Анна', 'FIELDS[LAST_NAME]': 'Иванова', 'FIELDS[PHONE][0][VALUE]': '8 926 123 45 67' },
      { name: 'Анна Иванова', phone: '+79261234567' },
    ],
    [
      'of our tracker, which calls the second name of a form «lastname»',
      { name: 'Анна', lastname: 'Иванова', phone: '89261234567', lastphone: '89261234568' },
      { name: 'Анна Иванова', phone: '+79261234567' },
    ],
    [
      'in Russian',
      { ФИО: 'Иванова Анна', телефон: '9261234567', почта: 'a@b.ru' },
      { name: 'Иванова Анна', phone: '+79261234567', email: 'a@b.ru' },
    ],
    [
      'in camelCase',
      { clientPhone: '9261234567', firstName: 'Анна', lastName: 'Иванова' },
      { name: 'Анна Иванова', phone: '+79261234567' },
    ],
    [
      'without telling names',
      { input_1: 'Анна', input_2: '+7 926 123-45-67', input_3: 'anna@example.com' },
      { phone: '+79261234567', email: 'anna@example.com' },
    ],
    ['with a space before the phone', { phone: ' 9261234567' }, { phone: '+79261234567' }],
    ['with one field for both', { contact: 'anna@example.com' }, { email: 'anna@example.com' }],
    ['with a date in a field for phones', { phone: '01.02.1990', lastphone: '9261112233' }, { phone: '+79261112233' }],
    ['with a placeholder first', { phone: '+7 999 999-99-99', mobile: '89261234567' }, { phone: '+79261234567' }],
    ['asking as one asks', { 'Как вас зовут?': 'Анна' }, { name: 'Анна' }],
    ['asking as one asks politely', { 'Как к вам обращаться': 'Анна' }, { name: 'Анна' }],
    ['asking for an introduction', { 'Представьтесь, пожалуйста': 'Анна' }, { name: 'Анна' }],
    ['with the name of a company', { company_name: 'Ромашка', name: 'Анна' }, { name: 'Анна' }],
    ['with the name of a product', { product_name: 'Квартира' }, {}],
    [
      'with numbers that are no phones',
      { order_id: '89261234567', inn: '7707083893', price: '9261234567', code: '9261234567' },
      {},
    ],
    ['with the address of its receiver', { recipient: 'sales@example.com', admin_email: 'boss@example.com' }, {}],
    ['that is a search', { q: 'двушка' }, {}],
    ['with nothing in it', {}, {}],
  ])('%s is understood', (_, fields, expected) => {
    expect(find(fields)).toEqual({ phone: undefined, email: undefined, name: undefined, ...expected })
  })

  test.each([
    'password',
    'userPassword',
    'Пароль',
    'csrf_token',
    'authenticity_token',
    'g-recaptcha-response',
    'card-number',
    'cvv',
    'PHPSESSID',
    'api[secret]',
    'passport',
    'снилс',
  ])('never keeps the field %s', (name) => {
    const { kept } = recogniseFields({ [name]: 'value', comment: 'hello' }, all)
    expect(kept).toEqual({ comment: 'hello' })
    expect(recogniseFields({ [name]: 'value' }, { region: 'RU', form_values: [name] }).kept).toEqual({})
  })

  test.each([
    '4242424242424242',
    '4242 4242 4242 4242',
    'оплатил с 4242-4242-4242-4242 вчера',
    '4242  4242  4242  4242',
    '4242.4242.4242.4242',
    '4242\u00A04242\u00A04242\u00A04242',
    '4242 4242 4242 4242 12/27 123',
    '4242424242424242 12 27',
    '3782 822463 10005',
  ])('never keeps a card number: %j', (comment) => {
    expect(recogniseFields({ comment }, all).kept).toEqual({})
  })

  test.each(['8 495 111 22 33 8 926 111 22 33', '+7 (495) 111-22-33, 8 (926) 111-22-35', '2026.11.22 10:30:15'])(
    'takes nothing else for a card number: %j',
    (comment) => {
      expect(recogniseFields({ comment }, all).kept).toEqual({ comment })
    },
  )

  test('keeps a long number that is no card', () => {
    expect(recogniseFields({ comment: '4242424242424243' }, all).kept).toEqual({ comment: '4242424242424243' })
  })

  test('keeps only the fields that the site allows', () => {
    const fields = { comment: 'hello', budget: '10', phone: '89261234567' }
    expect(recogniseFields(fields, { region: 'RU', form_values: ['budget'] }).kept).toEqual({ budget: '10' })
    expect(recogniseFields(fields, { region: 'RU', form_values: [] }).kept).toEqual({})
    expect(recogniseFields(fields, all).kept).toEqual(fields)
  })

  test('cuts long values and reads no more than two hundred fields', () => {
    const fields = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`f${index}`, 'я'.repeat(5_000)]))
    const { kept } = recogniseFields(fields, all)
    expect(Object.keys(kept)).toHaveLength(200)
    expect(kept.f0).toHaveLength(2_000)
  })

  test('is read without an exception, whatever its fields', () => {
    const fields = fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }))
    fc.assert(
      fc.property(fields, (form) => {
        const { phone, kept } = recogniseFields(form, all)
        expect(phone ?? '+1234567').toMatch(/^\+\d{7,15}$/)
        for (const name of Object.keys(kept)) expect(Object.hasOwn(form, name)).toBe(true)
      }),
    )
  })
})
