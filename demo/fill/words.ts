/** What managers and buyers write into a CRM, in the language of whoever looks at the demo. */
export interface FillWords {
  firstNames: readonly string[]
  lastNames: readonly string[]
  managers: readonly string[]
  stages: { request: string; viewing: string; reserved: string; signed: string; refused: string }
  lossReasons: readonly string[]
  pageTitle: string
}

export type FillLanguage = 'en' | 'ru'

export const fillWords: Record<FillLanguage, FillWords> = {
  en: {
    firstNames: ['Alex', 'Maria', 'Ivan', 'Olga', 'Pavel', 'Elena', 'Denis', 'Irina', 'Timur', 'Sofia', 'Oleg', 'Nina'],
    lastNames: ['Fisher', 'Morgan', 'Stone', 'Keller', 'Novak', 'Hart', 'Lind', 'Berg', 'Walker', 'Sand', 'Frost'],
    managers: ['Anna', 'Boris', 'Vera', 'Gleb'],
    stages: {
      request: 'Request',
      viewing: 'Viewing',
      reserved: 'Reserved',
      signed: 'Contract signed',
      refused: 'Refused',
    },
    lossReasons: ['too expensive', 'bought elsewhere', 'mortgage refused', 'cannot be reached'],
    pageTitle: 'North Shore Homes',
  },
  ru: {
    firstNames: ['Саша', 'Женя', 'Валя', 'Мария', 'Иван', 'Ольга', 'Павел', 'Елена', 'Денис', 'Ирина', 'Тимур', 'Нина'],
    lastNames: ['Бондаренко', 'Ткач', 'Мельник', 'Коваль', 'Черных', 'Новак', 'Седых', 'Шульга', 'Гончар', 'Мороз'],
    managers: ['Анна', 'Борис', 'Вера', 'Глеб'],
    stages: { request: 'Заявка', viewing: 'Показ', reserved: 'Бронь', signed: 'Договор подписан', refused: 'Отказ' },
    lossReasons: ['дорого', 'купили в другом месте', 'отказали в ипотеке', 'не дозвонились'],
    pageTitle: 'Северный берег',
  },
}
