import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { recogniseField } from './recognise-field.ts'

const read = (hints: string, value: string) => recogniseField(hints, value, 'other')

describe('a field of a form', () => {
  test.each([
    ['tel', '9261112233', 'phone'],
    ['text,,tel,f1', '9261112233', 'phone'],
    ['text,,,phone', '8 926 111 22 33', 'phone'],
    [',,,phone_2', '+79261112233', 'phone'],
    ['text,,,input_3,,,Ваш телефон', '8 (926) 111-22-33', 'phone'],
    ['text,,,input_3,,Телефон,', '111-22-33', 'phone'],
    ['text,tel-national,,f', '(201) 555-0123', 'phone'],
    ['text,,,phone', '8 926 111 22 33, Иван', 'phone'],
    ['tel,,,phone', '+7 (495) 111-22-33 доб. 1234', 'phone'],
    ['text,,,input_3,,,Тел.', '89261112233', 'phone'],
    ['text,,,input_3,,,Мобильный', '8-926-111-22-33', 'phone'],
    ['text,mobile,,f1', '79261112233', 'phone'],
    ['text,,,input_3,,,Ваш тел', '9261112233', 'phone'],
    ['text,,,input_3', '+7 (926) 111-22-33', 'phone'],
    ['text,,,input_3', '8 (926) 111-22-33', 'phone'],
    ['text,,,input_3', '+86 138 1234 5678', 'phone'],
    ['email', 'm@example.com', 'email'],
    ['text,,,contact', 'M@Example.com', 'email'],
    ['text,,,input_1', 'мария@почта.рф', 'email'],
    ['text,,,name', 'Мария', 'name'],
    ['text,,,your-name', 'Мария', 'name'],
    ['text,,,contact[first_name]', 'Мария', 'name'],
    ['text,given-name,,f1', 'Мария', 'name'],
    ['text,,,имя', 'Мария', 'name'],
    ['text,,,input_1,,Имя*', 'Мария', 'name'],
    ['text,,,input_1,,,ФИО', 'Иванова Мария', 'name'],
    ['text,,,input_1,,,Фамилия', 'Иванова', 'name'],
    ['text,,,input_1,,,Имя', 'Инна', 'name'],
    ['text,,,your-name', 'Quinn', 'name'],
  ])('«%s» with «%s» is a %s', (hints, value, kind) => {
    expect(read(hints, value)).toBe(kind)
  })

  test.each([
    ['text,,,telegram', '123456789'],
    ['text,,,phone', '12'],
    ['tel,,,phone', '+7 (___) ___-__-__'],
    ['tel,,,phone', '+7 (926) 111-2_-__'],
    ['tel,,,phone', '+7'],
    ['text,,,input_3', '4509 123456'],
    ['text,,,input_3,,,Госномер автомобиля', '1234567'],
    ['text,,,input_3,,,Номер удостоверения водителя', '9901123456'],
    ['text,,,username', 'masha'],
    ['textarea,,,comment', 'Перезвоните'],
    ['textarea,,,comment', 'Моё имя Иван\nХочу квартиру'],
    ['textarea,,,comment', 'Мой адрес m@example.com, пишите'],
    ['text,,,name', 'order 12'],
    ['text,,,amount', '1500000'],
    ['text,,,amount', '7 500 000'],
    ['text,street-address,,address', 'ул. Ленина, 5, кв. 12'],
    ['text,postal-code,,index', '170100'],
    ['search,,,q', 'двушка в Твери'],
  ])('«%s» with «%s» is no contact', (hints, value) => {
    expect(read(hints, value)).toBe('other')
  })

  test.each([
    ['password,,,secret', 'hunter2'],
    ['text,current-password,,p', 'hunter2'],
    ['text,,,user_password', 'hunter2'],
    ['text,,,pw,,Пароль', 'hunter@2'],
    ['text,,,pw,,,Придумайте пароль', 'hunter2'],
    ['checkbox,,,phone', '+79261112233'],
    ['radio,,,phone', '+79261112233'],
    ['file,,,photo', 'C:\\fakepath\\me.jpg'],
    ['tel,cc-number', '4111111111111111'],
    ['tel,cc-name,,holder', 'MARIA'],
    ['text,,,card_number', '4111111111111111'],
    ['tel,,,cvv', '137'],
    ['tel,,,passport', '4509123456'],
    ['text,,,input_1,,,Номер карты', '4111111111111111'],
    ['tel,,,input_1,,,СНИЛС', '11223344595'],
    ['tel,,,client_inn', '500100732259'],
    ['tel,,,f1,,,ИНН организации', '5001007322'],
    ['text,,,phone', ''],
  ])('«%s» never leaves the page', (hints, value) => {
    expect(read(hints, value)).toBe('')
  })

  test.each([['text,,,passenger_phone'], ['text,,,inner'], ['text,,,squad']])('«%s» is no secret', (hints) => {
    expect(read(hints, 'x')).not.toBe('')
  })

  test('that holds a card never leaves the page, whatever it is called and however the card is written', () => {
    const hints = fc.constantFrom('tel', 'text,,,phone', 'textarea,,,comment', 'text,,,name', 'email')
    const card = fc.tuple(
      fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 13, maxLength: 19 }),
      fc.constantFrom('', ' ', '-', '.', '\u00a0'),
      fc.integer({ min: 2, max: 6 }),
    )
    const around = fc.constantFrom('', 'оплатил с ', 'мой +79261112233, карта: ', 'первая строка\n')
    fc.assert(
      fc.property(hints, card, around, (hints, [digits, gap, group], before) => {
        const written = digits.join('').replace(new RegExp(`(\\d{${group}})(?=\\d)`, 'g'), `$1${gap}`)
        expect(read(hints, before + written)).toBe('')
      }),
    )
  })

  test.each([
    ...[...['1', '1 ', '1-'].map((piece) => [piece, ''] as const), ['a@', 'email'] as const],
    ...[' ', '-', '+', '_', 'a', 'я', '\n', ',', 'a,', ' +1', 'a.'].map((piece) => [piece, 'other'] as const),
  ])('that holds %j over and over is read, however often', (piece, kind) => {
    // By the square of the length it would take longer than a test may take.
    const text = piece.repeat(200_000)
    expect([read('text,,,input_3', text), read(text, text)]).toEqual([kind, kind])
  })
})
