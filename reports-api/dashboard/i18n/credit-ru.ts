/** Who is credited with one request or deal. */
export const creditRu = {
  'credit.show': 'Чья это заслуга?',
  'credit.hide': 'Скрыть',
  'credit.path': 'Путь к {id}',
  'credit.call': 'Звонок на отдельный номер',
} as const
