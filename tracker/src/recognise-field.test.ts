import { describe, expect, test } from 'vitest'
import { isSecret, recogniseField } from './recognise-field.ts'

describe('a field of a form', () => {
  test.each([
    ['tel', '9261112233', 'phone'],
    ['text  phone', '8 926 111 22 33', 'phone'],
    ['  phone_2', '+79261112233', 'phone'],
    ['  input_3   ваш телефон', '8 (926) 111-22-33', 'phone'],
    ['  whatsapp', '9261112233', 'phone'],
    ['  input_3', '+7 (926) 111-22-33', 'phone'],
    ['  input_3', '8 (926) 111-22-33', 'phone'],
    ['email', 'm@example.com', 'email'],
    ['  input_1', 'мария@почта.рф', 'email'],
    ['  name', 'Мария', 'name'],
    ['  your-name', 'Мария', 'name'],
    ['  contact[first_name]', 'Мария', 'name'],
    [' given-name f1', 'Мария', 'name'],
    ['  имя', 'Мария', 'name'],
    ['  фио', 'Иванова Мария', 'name'],
    ['  telegram', '123456789', undefined],
    ['  phone', '12', undefined],
    ['  inn', '500100732259', undefined],
    ['  passport', '4509123456', undefined],
    ['  username', 'masha', undefined],
    ['  company_name', 'ООО Ромашка', undefined],
    ['  comment', 'Перезвоните', undefined],
    ['  name', 'order 12', undefined],
    ['  amount', '1500000', undefined],
  ])('«%s» with «%s» is %s', (hints, value, kind) => {
    expect(recogniseField(hints, value)).toBe(kind)
  })

  test.each([
    ['password  secret'],
    ['hidden  phone'],
    ['file  photo'],
    ['tel cc-number'],
    ['text  card_number'],
    ['tel  cvv'],
    ['text  passport'],
    ['text  input_1  номер карты'],
    ['text  input_1  снилс'],
    ['text  inn'],
  ])('«%s» is a secret', (hints) => {
    expect(isSecret(hints)).toBe(true)
  })

  test.each([['tel phone'], ['text name'], ['text  compass'], ['text  inner'], ['email  mail']])(
    '«%s» is none',
    (hints) => {
      expect(isSecret(hints)).toBe(false)
    },
  )
})
