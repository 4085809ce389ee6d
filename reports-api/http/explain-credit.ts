import type { Channel } from '#domain/channel.ts'
import { isUnsourced } from '#domain/credit.ts'
import type { UncreditedReason } from '#reports-api/registry/uncredited.ts'

type Language = 'en' | 'ru'

export type Words = Readonly<Record<Language, string>>

/** One touch of a path, as far as a model looks at it. */
export interface CreditedStep {
  position: number
  at_ms: number
  channel: string
  /** Young enough, and of a kind, to take credit. */
  isCounted: boolean
  weight: number
}

/** What the credit of one conversion was worked out from. */
export interface CreditedPath {
  model: string
  kind: 'lead' | 'deal'
  steps: readonly CreditedStep[]
  conversion_at_ms: number
  lookback_days: number
  half_life_days: number
  /** Of `position_w`: the place of the touch that made the lead; 0 when none did. */
  lead: number
  /** Of the models of contacts: the place of the touch of each request that shares the credit, 0 where it has none. */
  contacts: readonly number[]
  /** Of `markov`: the share of conversions that would be lost without a channel. */
  effects: ReadonlyMap<string, number>
}

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000

/** Why a touch has the credit that it has, for somebody who knows advertising and not this program. */
export function explainStep(step: CreditedStep, path: CreditedPath): Words {
  if (!step.isCounted) {
    const isOld = path.conversion_at_ms - step.at_ms > path.lookback_days * DAY_MS
    return isOld ? withSpan(words.too_old, inDays(path.lookback_days)) : words.direct_left_out
  }
  const counted = path.steps.filter(({ isCounted }) => isCounted)
  const place = counted.indexOf(step) + 1
  const explained = explainers[path.model]?.({ step, path, counted, place })
  return explained ?? words.other
}

/** Why a part of the credit is nobody's. */
export function explainRest(reason: UncreditedReason, { lookback_days }: { lookback_days: number }): Words {
  return withSpan(rests[reason], inDays(lookback_days))
}

interface Seen {
  step: CreditedStep
  path: CreditedPath
  /** The touches that count, oldest first. */
  counted: readonly CreditedStep[]
  /** Which of them this one is, from 1. */
  place: number
}

const explainers: Readonly<Record<string, (seen: Seen) => Words>> = {
  first: ({ place, counted }) => (counted.length === 1 ? words.only : place === 1 ? words.first : words.not_first),
  last: ({ place, counted }) =>
    counted.length === 1 ? words.only : place === counted.length ? words.last : words.not_last,
  last_non_direct: explainNonDirect,
  first_last: (seen) => (isAtEnd(seen) ? ends(seen) : words.between_nothing),
  linear: ({ counted }) => (counted.length === 1 ? words.only : fill(words.evenly, { touches: counted.length })),
  time_decay: explainDecay,
  position_u: (seen) => (isAtEnd(seen) ? ends(seen) : fill(words.between, { touches: seen.counted.length - 2 })),
  position_w: explainRoles,
  markov: explainChain,
  shapley: explainShares,
  first_contact: ({ step, path }) => (path.contacts.includes(step.position) ? words.first_request : words.no_request),
  last_contact: ({ step, path }) => (path.contacts.includes(step.position) ? words.last_request : words.no_request),
  linear_contact: ({ step, path: { contacts } }) => {
    const own = contacts.filter((position) => position === step.position).length
    return own === 0 ? words.no_request : fill(words.requests, { own, all: contacts.length })
  },
}

function isAtEnd({ place, counted }: Seen): boolean {
  return place === 1 || place === counted.length
}

function ends({ place, counted }: Seen): Words {
  return counted.length === 1 ? words.only : place === 1 ? words.first : words.last
}

function explainNonDirect({ step, counted, place }: Seen): Words {
  const isDirect = isUnsourced(step.channel as Channel)
  if (step.weight > 0) return isDirect ? words.all_direct : words.last_named
  const named = counted.findLastIndex(({ channel }) => !isUnsourced(channel as Channel)) + 1
  return isDirect && place > named ? words.direct_passed_over : words.not_last
}

function explainDecay({ step, path, counted }: Seen): Words {
  if (counted.length === 1) return words.only
  const newest_ms = Math.max(...counted.map(({ at_ms }) => at_ms))
  if (step.at_ms === newest_ms) return words.newest
  const hours = Math.round((newest_ms - step.at_ms) / HOUR_MS)
  const age = hours < 48 ? { en: `${hours} h`, ru: `${hours} ч` } : inDays(Math.round(hours / 24))
  return withSpan(fill(words.older, { half: path.half_life_days }), age)
}

function inDays(days: number): Words {
  return { en: `${days} ${days === 1 ? 'day' : 'days'}`, ru: `${days} дн.` }
}

/** Puts a span of time where the words leave room for it. */
function withSpan({ en, ru }: Words, span: Words): Words {
  return { en: en.replace('{span}', span.en), ru: ru.replace('{span}', span.ru) }
}

/** Of one touch that has several roles all are named. */
function explainRoles(seen: Seen): Words {
  const { step, path, place, counted } = seen
  if (counted.length === 1) return words.only
  const roles = [
    ...(place === 1 ? [words.first] : []),
    ...(path.kind === 'deal' && step.position === path.lead ? [words.made_lead] : []),
    ...(place === counted.length ? [path.kind === 'deal' ? words.before_deal : words.made_lead] : []),
  ]
  if (roles.length === 0) return words.rest
  return { en: roles.map(({ en }) => en).join(' '), ru: roles.map(({ ru }) => ru).join(' ') }
}

function explainChain(seen: Seen): Words {
  const { step, path, counted } = seen
  if (counted.every(({ channel }) => (path.effects.get(channel) ?? 0) === 0)) return words.nobody_missed
  const percent = 100 * (path.effects.get(step.channel) ?? 0)
  const lost = path.kind === 'deal' ? words.lost_deals : words.lost_leads
  return withShared(fill(lost, { percent: percent > 0 && percent < 1 ? '<1' : Math.round(percent) }), seen)
}

function explainShares(seen: Seen): Words {
  const channels = new Set(seen.counted.map(({ channel }) => channel)).size
  return withShared(channels === 1 ? words.one_channel : fill(words.channels, { channels }), seen)
}

/** Says also that several touches share what their channel is given. */
function withShared(said: Words, { step, counted }: Seen): Words {
  const touches = counted.filter(({ channel }) => channel === step.channel).length
  if (touches === 1) return said
  const shared = fill(words.shared, { touches })
  return { en: `${said.en} ${shared.en}`, ru: `${said.ru} ${shared.ru}` }
}

function fill(text: Words, values: Record<string, string | number>): Words {
  const put = (one: string) => one.replace(/\{(\w+)\}/g, (hole, name: string) => String(values[name] ?? hole))
  return { en: put(text.en), ru: put(text.ru) }
}

const words = {
  only: { en: 'The only touch that counts.', ru: 'Единственное касание, которое учитывается.' },
  first: { en: 'The first touch.', ru: 'Первое касание.' },
  last: { en: 'The last touch.', ru: 'Последнее касание.' },
  not_first: {
    en: 'Not the first touch, and only that one is credited.',
    ru: 'Не первое касание, а ценность вся у него.',
  },
  not_last: { en: 'A later touch takes the credit.', ru: 'Ценность у более позднего касания.' },
  last_named: { en: 'The last touch that is not direct.', ru: 'Последнее непрямое касание.' },
  all_direct: { en: 'The last touch; all of them are direct.', ru: 'Последнее касание; все они прямые.' },
  direct_passed_over: {
    en: 'A direct visit: the credit is with what had brought them before.',
    ru: 'Прямой заход: ценность у того, что привело раньше.',
  },
  between_nothing: { en: 'Between the first touch and the last.', ru: 'Между первым и последним касанием.' },
  evenly: { en: 'One of {touches} touches, each gets the same.', ru: 'Касаний {touches}, каждому поровну.' },
  newest: { en: 'The newest touch.', ru: 'Самое новое касание.' },
  older: {
    en: '{span} older than the newest touch; the credit halves with every {half} days.',
    ru: 'На {span} старше самого нового; ценность падает вдвое за каждые {half} дн.',
  },
  between: {
    en: 'Between the first touch and the last, where {touches} share evenly.',
    ru: 'Между первым и последним касанием; там касаний {touches}, им поровну.',
  },
  made_lead: { en: 'The touch that led to the request.', ru: 'Касание, которое привело к обращению.' },
  before_deal: { en: 'The last touch before the deal.', ru: 'Последнее касание перед сделкой.' },
  rest: {
    en: 'None of the milestones; such touches share evenly.',
    ru: 'Ни одна из ключевых точек; таким касаниям поровну.',
  },
  lost_leads: {
    en: 'Without this channel {percent}% of the leads would be lost.',
    ru: 'Без этого канала сайт потерял бы {percent}% лидов.',
  },
  lost_deals: {
    en: 'Without this channel {percent}% of the deals would be lost.',
    ru: 'Без этого канала сайт потерял бы {percent}% сделок.',
  },
  nobody_missed: {
    en: 'Without any one channel of this path nothing would be lost: each touch gets the same.',
    ru: 'Без любого из каналов этого пути сайт не потерял бы ничего: каждому касанию поровну.',
  },
  channels: { en: 'One of {channels} channels, each gets the same.', ru: 'Каналов {channels}, каждому поровну.' },
  one_channel: { en: 'The only channel on the path.', ru: 'Единственный канал пути.' },
  shared: { en: 'Its {touches} touches share that evenly.', ru: 'Касаний у него {touches}, им поровну.' },
  first_request: { en: 'The first request came from here.', ru: 'Отсюда первое обращение.' },
  last_request: { en: 'The last request came from here.', ru: 'Отсюда последнее обращение.' },
  requests: { en: '{own} of {all} requests came from here.', ru: 'Отсюда обращений: {own} из {all}.' },
  no_request: {
    en: 'No request that is credited came from here.',
    ru: 'Отсюда нет обращений, которым отдаётся ценность.',
  },
  too_old: { en: 'Older than {span}, so it does not count.', ru: 'Старше {span}, не учитывается.' },
  direct_left_out: { en: 'Direct visits are left out here.', ru: 'Прямые заходы здесь не учитываются.' },
  other: { en: 'As the model shares it.', ru: 'По правилам модели.' },
} as const satisfies Record<string, Words>

const rests: Readonly<Record<UncreditedReason, Words>> = {
  no_touches: { en: 'No visit of this person is known.', ru: 'Визитов этого человека не видно.' },
  before_tracking: {
    en: 'It began before the first visit that is known.',
    ru: 'Началось раньше первого известного визита.',
  },
  beyond_lookback: { en: 'All visits are older than {span}.', ru: 'Все визиты старше {span}' },
  direct_only: {
    en: 'All visits are direct, and those are left out here.',
    ru: 'Все заходы прямые, а они здесь не учитываются.',
  },
  no_contact: {
    en: 'This model credits requests, and no visit brought this part of them.',
    ru: 'Модель отдаёт ценность обращениям, а к этой их части не привёл ни один визит.',
  },
}
