import type { Source } from './measures.ts'
import type { Text } from './metrics.ts'

export interface Dimension {
  type: 'string' | 'date' | 'number'
  label: Text
  description: Text
  /** SQL of the value on each table that knows it. `moment` is when the row counts, in the site's time zone. */
  on: Partial<Record<Source, string>>
  /** On touchpoints it tells of the conversion: one value for the whole path. */
  of_conversion: boolean
}

const fraudSteps = `multiIf(conversion_kind != 'lead', '', fraud_score >= 75, '75–100', fraud_score >= 50, '50–74',
  fraud_score >= 25, '25–49', '0–24')`

/** Every dimension, once. The API, the dashboard and the reference are made from this table. */
export const dimensions = {
  channel: touch('channel', ['Channel', 'Канал'], ['Grouped source', 'Группа источников'], true),
  source: touch(
    'source',
    ['Source', 'Источник'],
    ['Site or ad system, as utm_source', 'Сайт или рекламная система, как utm_source'],
    true,
  ),
  medium: touch('medium', ['Medium', 'Тип трафика'], ['As utm_medium', 'Как utm_medium'], true),
  campaign: touch('campaign', ['Campaign', 'Кампания'], ['As utm_campaign', 'Как utm_campaign'], true),
  content: touch('content', ['Content', 'Объявление'], ['As utm_content', 'Как utm_content'], true),
  term: touch('term', ['Term', 'Ключевая фраза'], ['As utm_term', 'Как utm_term'], true),
  landing_path: touch(
    'landing_path',
    ['Landing page', 'Страница входа'],
    ['Path of the first page of the visit', 'Путь первой страницы визита'],
  ),
  referrer_host: touch(
    'referrer_host',
    ['Referring site', 'Сайт перехода'],
    ['Host the visit came from', 'Хост, с которого пришли'],
  ),
  project: {
    ...conversion(
      'project',
      ['Project', 'Проект'],
      [
        'Visits: of the first page that is about one; leads and deals: of the request',
        'Визиты: по первой странице о проекте; лиды и сделки: по обращению',
      ],
    ),
    on: { sessions: 'project', touchpoints: 'project' },
  },
  first_project: conversion(
    'first_project',
    ['Came for project', 'Пришёл за проектом'],
    [
      'The project that the person first looked at or asked about within the look-back before the lead or deal',
      'Проект, который человек первым смотрел или о котором первым спросил за срок учёта до лида или сделки',
    ],
  ),
  device: touch(
    'device',
    ['Device', 'Устройство'],
    ['desktop, mobile, tablet, tv or other', 'desktop, mobile, tablet, tv или other'],
  ),
  browser: touch('browser', ['Browser', 'Браузер'], ['Browser of the visit', 'Браузер визита']),
  os: touch('os', ['System', 'Система'], ['Operating system of the visit', 'Операционная система визита']),
  country: touch('country', ['Country', 'Страна'], ['By address of the visitor', 'По адресу посетителя']),
  region: touch('region', ['Region', 'Регион'], ['By address of the visitor', 'По адресу посетителя']),
  city: touch('city', ['City', 'Город'], ['By address of the visitor', 'По адресу посетителя']),
  date: time(
    'date',
    'toString(toDate(moment))',
    true,
    ['Date', 'Дата'],
    ['Day in the time zone of the site', 'День по часовому поясу сайта'],
  ),
  week: time(
    'date',
    'toString(toMonday(moment))',
    true,
    ['Week', 'Неделя'],
    ['Monday of the week', 'Понедельник недели'],
  ),
  month: time(
    'date',
    'toString(toStartOfMonth(moment))',
    true,
    ['Month', 'Месяц'],
    ['First day of the month', 'Первый день месяца'],
  ),
  hour: time(
    'number',
    'toUInt8(toHour(moment))',
    false,
    ['Hour', 'Час'],
    ['Hour of the day, 0 to 23', 'Час дня, от 0 до 23'],
  ),
  weekday: time(
    'number',
    'toUInt8(toDayOfWeek(moment))',
    true,
    ['Weekday', 'День недели'],
    ['1 is Monday, 7 is Sunday', '1 – понедельник, 7 – воскресенье'],
  ),
  manager: conversion('manager', ['Manager', 'Менеджер'], ['Who leads the deal', 'Кто ведёт сделку']),
  stage: conversion('stage', ['Stage', 'Этап'], ['Stage of the deal in the CRM', 'Этап сделки в CRM']),
  reason: conversion('reason', ['Reason', 'Причина'], ['Why the deal was closed so', 'Почему сделка закрыта так']),
  number: conversion('number', ['Number', 'Номер'], ['Tracked number that was called', 'Номер, на который звонили']),
  pool: conversion('pool', ['Pool', 'Пул'], ['Pool of the tracked number', 'Пул этого номера']),
  lead_kind: conversion(
    'lead_kind',
    ['Kind of lead', 'Вид лида'],
    [
      'form, call, chat, callback, marketplace, email or other',
      'form, call, chat, callback, marketplace, email или other',
    ],
  ),
  fraud_score: {
    ...conversion(
      'fraud_score',
      ['Fraud score', 'Оценка фрода'],
      ['0–24, 25–49, 50–74 or 75–100, of leads', '0–24, 25–49, 50–74 или 75–100, у лидов'],
    ),
    on: { touchpoints: fraudSteps },
  },
} as const satisfies Record<string, Dimension>

export type DimensionName = keyof typeof dimensions

/** A dimension by name; undefined when there is none. */
export function findDimension(name: string): Dimension | undefined {
  return Object.hasOwn(dimensions, name) ? dimensions[name as DimensionName] : undefined
}

type Pair = readonly [en: string, ru: string]

function words(label: Pair, description: Pair) {
  return { label: { en: label[0], ru: label[1] }, description: { en: description[0], ru: description[1] } }
}

/** Known of every visit, and so of every touch of a path; of costs only what the ad systems tell. */
function touch(column: string, label: Pair, description: Pair, onCosts = false): Dimension {
  return {
    type: 'string',
    ...words(label, description),
    on: { sessions: column, touchpoints: column, ...(onCosts && { costs: column }) },
    of_conversion: false,
  }
}

function conversion(column: string, label: Pair, description: Pair): Dimension {
  return { type: 'string', ...words(label, description), on: { touchpoints: column }, of_conversion: true }
}

function time(type: 'date' | 'number', sql: string, onCosts: boolean, label: Pair, description: Pair): Dimension {
  return {
    type,
    ...words(label, description),
    on: { sessions: sql, touchpoints: sql, ...(onCosts && { costs: sql }) },
    of_conversion: true,
  }
}
