import type { crossEn } from './cross-en.ts'
import type { Text } from './translate.ts'

/** Texts of the comparison of models and of the page of matrices, in Russian. */
export const crossRu: Record<keyof typeof crossEn, Text> = {
  'app.nav.cross': 'Кросс-продажи',

  'report.vs': 'Сравнить с',
  'report.vs.none': 'ничем',
  'report.vs.difference': 'Разница',
  'report.vs.credit': 'Сравнивается с: {description}.',
  'report.terms': 'Настройки атрибуции',
  'report.terms.lookback': 'Учитывать касания за, дней',
  'report.terms.half_life': 'Ценность падает вдвое за, дней',
  'report.terms.direct': 'Прямые визиты могут получать ценность',
  'report.terms.apply': 'Применить',

  'role.first': 'первое',
  'role.middle': 'середина',
  'role.last': 'последнее',
  'role.lead': 'лид',
  'role.deal': 'сделка',
  'role.rest': 'прочие',

  'cross.title': 'Кросс-продажи',
  'cross.kind': 'Что показать',
  'cross.kind.associated': 'Кто помогал',
  'cross.kind.cannibalisation': 'Каннибализация',
  'cross.metric': 'Считать',
  'cross.by': 'По',

  'cross.assists.title': 'Кто участвовал',
  'cross.assists.text':
    'Всё, в чём участвовал канал, – это засчитанное ему и то, чему он помог: конверсии, ценность которых досталась другим.',
  'cross.assists.caption': 'Участие в конверсиях, группировка «{dimension}», {dates}',
  'cross.assists.took_part': 'Участвовал',
  'cross.assists.credited': 'Засчитано',
  'cross.assists.assisted': 'Помог',
  'cross.assists.first': 'первым',
  'cross.assists.middle': 'в середине',
  'cross.assists.last': 'последним',
  'cross.assists.ratio': 'Помощь к засчитанному',
  'cross.assists.uncredited': 'Не объясняется ни одним визитом: {value}.',

  'cross.matrix.associated': 'Кто кому помог',
  'cross.matrix.associated.text':
    'Строка участвовала, столбцу засчитано. На диагонали – то, что засчитано самой строке. Процент – от всего, в чём участвовала строка.',
  'cross.matrix.cannibalisation': 'За чем пришли и что купили',
  'cross.matrix.cannibalisation.text':
    'Строка – проект, который смотрели или о котором спросили первым, столбец – который купили. Процент – от всех, кто пришёл за проектом строки.',
  'cross.matrix.caption': '{title}: {metric}, {dates}',
  'cross.matrix.corner.associated': 'Участвовал ↓ · Засчитано →',
  'cross.matrix.corner.cannibalisation': 'Пришли за ↓ · Купили →',
  'cross.matrix.total': 'Итого',
  'cross.matrix.nobody': 'Не распределено',
  'cross.matrix.unknown': '(неизвестно)',
  'cross.matrix.cell': '{row} → {column}: {value}, {share} строки. Показать строки',
  'cross.matrix.cut': 'Показаны {rows} крупнейших строк из {rows_total}; итоги считают все.',

  'cross.same': 'Купили то, за чем пришли',
  'cross.other': 'Пришли за другим',
  'cross.unknown': 'Одно из двух неизвестно',
  'cross.part': '{share} от всех',

  'cross.empty.title': 'За этот период показывать нечего',
  'cross.empty.associated': 'Таких конверсий не было, или ни у одной нет пути из визитов.',
  'cross.empty.cannibalisation':
    'Таких сделок не было. Проекты называют в настройках сайта (`projects`) и в сделках (`project`).',
  'cross.behind': 'Что стоит за клеткой',
}
