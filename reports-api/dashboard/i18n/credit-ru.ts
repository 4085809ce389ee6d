/** What is told of one request: who is credited, and under which other ids it came. */
export const creditRu = {
  'credit.show': 'Чья это заслуга?',
  'credit.hide': 'Скрыть',
  'credit.path': 'Путь к {id}',
  'credit.call': 'Звонок на отдельный номер',
  'judgement.same': 'Это {id}: в обоих {by}, разница во времени {apart}.',
  'same_rule.message_of_form': 'Сообщение об этой форме пришло под другим id.',
  'same_rule.resent_form': 'Форму отправили ещё раз.',
  'same_rule.resent_message': 'Об этом обращении сообщили ещё раз.',
} as const
