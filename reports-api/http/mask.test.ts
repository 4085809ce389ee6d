import { describe, expect, test } from 'vitest'
import { maskFor } from './mask.ts'

const mask = maskFor({ token: 't', allows: (scope) => scope === 'reports', reaches: () => true })
const open = maskFor({ token: 't', allows: () => true, reaches: () => true })

describe('a reader without the scope personal', () => {
  test.each([
    ['+79261234567', '+7•••67'],
    ['', ''],
  ])('sees the phone %j as %j', (phone, shown) => expect(mask.phone(phone)).toBe(shown))

  test.each([
    ['ivan@mail.test', 'i•••@mail.test'],
    ['broken', '•••'],
    ['', ''],
  ])('sees the email %j as %j', (email, shown) => expect(mask.email(email)).toBe(shown))

  test.each([
    ['Write to ivan@mail.test now', 'Write to ••• now'],
    ['https://shop.test/?email=ivan%40mail.test&a=1', 'https://shop.test/?email=•••&a=1'],
    ['https://shop.test/?phone=%2B7%20926%20123-45-67', 'https://shop.test/?phone=•••'],
    ['call 8 (926) 123-45-67 please', 'call ••• please'],
    ['lead_79261112233', 'lead_•••'],
    ['tel79261112233abc', 'tel•••abc'],
    ['?phone=8+926+123-45-67', '?phone=•••'],
    ['8 926\u2013123\u201145\u201167', '•••'],
    ['?email=ivan%2540mail.test', '?email=•••'],
    ['?yclid=17324815940023187455', '?yclid=17324815940023187455'],
    ['@ivan and a@b', '@ivan and a@b'],
    ['brand', 'brand'],
    ['https://shop.test/flats/2026-11', 'https://shop.test/flats/2026-11'],
  ])('sees the text %j as %j', (text, shown) => expect(mask.text(text)).toBe(shown))

  test('sees no recording, no name and nothing that was typed', () => {
    expect([mask.recording('https://pbx.test/1.mp3'), mask.name('Анна'), mask.typed('secret')]).toEqual([
      null,
      'А•••',
      '•••',
    ])
  })

  test('sees what was received without anything personal, at any depth', () => {
    const body = {
      id: 'd1',
      status: 'won',
      amount: '45000',
      contact: { name: 'Anna', phones: ['+79261234567'], emails: ['ivan@mail.test'] },
      from: '+79261234567',
      Phone: 79261234567,
      form: { fields: { any: 'text' } },
      url: 'https://shop.test/?mail=ivan@mail.test',
    }
    expect(mask.body(body)).toEqual({
      id: 'd1',
      status: 'won',
      amount: '45000',
      contact: { name: '•••', phones: ['•••'], emails: ['•••'] },
      from: '•••',
      Phone: '•••',
      form: { fields: { any: '•••' } },
      url: 'https://shop.test/?mail=•••',
    })
  })
})

describe('what was received, without the scope personal', () => {
  test('hides the fields of forms, and what a page said of itself', () => {
    const row = {
      form_fields: { surname: 'Petrov', city: 'Omsk' },
      props: '{"surname":"Petrov","n":3,"in":{"tel":79261112233}}',
      from_extension: '12',
      click_ids: { yclid: '17324815940023187455' },
    }
    expect(mask.body(row)).toEqual({
      form_fields: { surname: '•••', city: '•••' },
      props: '{"surname":"•••","n":3,"in":{"tel":"•••"}}',
      from_extension: '•••',
      click_ids: { yclid: '17324815940023187455' },
    })
  })

  test.each([
    [{ fio: 'Петров Иван' }, { fio: '•••' }],
    [{ customer: { surname: 'Petrov', id: 'c1' } }, { customer: { surname: '•••', id: 'c1' } }],
    ['shop,2026-11-01,Petrov', '•••'],
  ])('hides text under a name that is not ours: %j', (body, shown) => expect(mask.body(body)).toEqual(shown))
})

test('client ids of counters are no phones', () => {
  expect([mask.identifier('ga', '1234567890.1700000000'), mask.identifier('user', '79261112233')]).toEqual([
    '1234567890.1700000000',
    '•••',
  ])
})

test.each(['a', '1 ', '@', 'a.', '%40', '@a.1', '1'])(
  'a long text of %j is masked, and what stands behind it too',
  (unit) => {
    // What looked at all of it once for each letter took minutes, longer than a test may take.
    const text = unit.repeat(400_000 / unit.length)
    expect(mask.text(`${text} ann@mail.ru`)).not.toContain('ann@mail.ru')
  },
)

test('a reader with the scope personal sees everything', () => {
  expect([open.phone('+79261234567'), open.text('a@b.test'), open.body({ phone: '1' }), open.recording('')]).toEqual([
    '+79261234567',
    'a@b.test',
    { phone: '1' },
    null,
  ])
})

describe('a row of free texts', () => {
  const row = { source: 'tel 8 926 111-22-33', campaign: 'spring', tags: ['a@b.example', 'good'], visits: 3, id: 'x' }

  test('loses phones and emails to those who may not see them', () => {
    const masked = maskFor(undefined).free(row)
    expect(JSON.stringify(masked)).not.toMatch(/111-22-33|a@b\.example/)
    expect(masked).toMatchObject({ campaign: 'spring', visits: 3, id: 'x' })
    expect(masked.tags[1]).toBe('good')
  })

  test('is left alone for those who may', () => {
    const access = { token: 't', allows: () => true, reaches: () => true }
    expect(maskFor(access).free(row)).toEqual(row)
  })
})
