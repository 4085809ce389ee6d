import { HALF_LIFE_DAYS, U_WEIGHTS, W_WEIGHTS } from '#domain/credit.ts'
import type { Text } from './metrics.ts'

/** Values that credit is worked out with. They reach SQL as bound parameters under these names. */
const bindings = {
  lookback_days: 'UInt32',
  direct: 'UInt8',
  half_life_days: 'Float64',
  weights: 'Array(UInt64)',
  channels: 'Array(String)',
  lead_effects: 'Array(UInt64)',
  deal_effects: 'Array(UInt64)',
} as const

export type Binding = keyof typeof bindings

/** A bound parameter in SQL: `{lookback_days:UInt32}`. A report that compares binds each twice, the second with a prefix. */
export type Bound = (name: Binding) => string

export function boundWith(prefix: string): Bound {
  return (name) => `{${prefix}${name}:${bindings[name]}}`
}

export interface Model {
  label: Text
  description: Text
  /** What a caller may set, with what holds otherwise. */
  half_life_days?: number
  weights?: readonly number[]
  /** What the weights are for, in their order. */
  roles?: readonly string[]
  /**
   * Needs `first`: `request`, when and in which session the person first asked for something before the conversion. `all`:
   * `contacts`, every request until then and within the look-back, as (at, session, call).
   */
  requests?: 'first' | 'all'
  /** Needs the removal effects of channels (removal-effects-query.ts). */
  chain?: true
  /** Windows over the rows of a path, by name. `touches`, `rank` and `kept` are there for every model. */
  windows?: Record<string, string>
  /** A touch's part of the credit: a whole number, so that money can be cut without a float. */
  parts(bound: Bound): string
  /** The part that no touch takes. Unless said, everything where there is no touch, and else nothing. */
  rest?: string
}

/** Windows: the rows of one path; those up to and with this one. */
export const path = 'PARTITION BY conversion_kind, conversion_fact, conversion'
const channelOfPath = `${path}, channel`
export const untilHere = 'ORDER BY position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW'

/** What one channel is worth at most: divides evenly by up to sixteen touches. */
export const CHANNEL_PARTS = 720_720_000_000_000

/** What the newest touch is worth; one that decay leaves less than one part of gets nothing. */
const DECAY_PARTS = 1e12

/** Every attribution model, once. What no touch can take goes to the row at position 0, of channel `uncredited`. */
export const models = {
  first: {
    label: { en: 'First', ru: 'Первое касание' },
    description: { en: 'All credit to the first touch', ru: 'Вся ценность первому касанию' },
    parts: () => 'rank = 1',
  },
  last: {
    label: { en: 'Last', ru: 'Последнее касание' },
    description: { en: 'All credit to the last touch', ru: 'Вся ценность последнему касанию' },
    parts: () => 'rank = touches',
  },
  last_non_direct: {
    label: { en: 'Last non-direct', ru: 'Последнее непрямое' },
    description: {
      en: 'All credit to the last touch that is not direct; to the last one when all are',
      ru: 'Вся ценность последнему непрямому касанию; если все прямые, последнему',
    },
    windows: {
      last_kept: `maxIf(position, kept) OVER (${path})`,
      last_named: `maxIf(position, kept AND channel NOT IN ('direct', 'internal')) OVER (${path})`,
    },
    parts: () => 'position = if(last_named > 0, last_named, last_kept)',
  },
  first_last: {
    label: { en: 'First and last', ru: 'Первое и последнее касание' },
    description: {
      en: 'Half the credit to the first touch, half to the last',
      ru: 'Половина ценности первому касанию, половина последнему',
    },
    parts: () => '(rank = 1) + (rank = touches)',
  },
  linear: {
    label: { en: 'Linear', ru: 'Линейная' },
    description: { en: 'Equal credit to every touch', ru: 'Поровну каждому касанию' },
    parts: () => '1',
  },
  time_decay: {
    label: { en: 'Time decay', ru: 'С учётом давности' },
    description: {
      en: 'More credit to newer touches: it halves with every half-life (7 days unless set) of age',
      ru: 'Чем новее касание, тем больше ценность: за период полураспада (7 дней, если не задан) она падает вдвое',
    },
    half_life_days: HALF_LIFE_DAYS,
    windows: { newest_at: `maxIf(at, kept) OVER (${path})` },
    parts: (bound) =>
      `round(${DECAY_PARTS} * exp2(-greatest(dateDiff('millisecond', at, newest_at), 0) / 86400000 / ${bound('half_life_days')}))`,
  },
  position_u: {
    label: { en: 'Position based, U', ru: 'По позиции, U' },
    description: {
      en: '40% to the first touch, 40% to the last, 20% shared by those between',
      ru: '40% первому касанию, 40% последнему, 20% поровну остальным',
    },
    weights: U_WEIGHTS,
    roles: ['first', 'middle', 'last'],
    // Multiplied by the touches that share the middle's weight, so that all parts are whole.
    parts: (bound) => `if(rank > 1 AND rank < touches, ${bound('weights')}[2],
          ((rank = 1) * ${bound('weights')}[1] + (rank = touches) * ${bound('weights')}[3]) * greatest(touches - 2, 1))`,
  },
  position_w: {
    label: { en: 'Position based, W', ru: 'По позиции, W' },
    description: {
      en: '30% each to the first touch, the one that made the lead and the one that made the deal, 10% shared by the rest',
      ru: 'По 30% первому касанию, приведшему к лиду и приведшему к сделке, 10% поровну остальным',
    },
    weights: W_WEIGHTS,
    roles: ['first', 'lead', 'deal', 'rest'],
    requests: 'first',
    windows: {
      first_kept: `minIf(position, kept) OVER (${path})`,
      last_kept: `maxIf(position, kept) OVER (${path})`,
      asked_in: `maxIf(position, kept AND session != '' AND session = request.2) OVER (${path})`,
      asked_after: `maxIf(position, kept AND at <= request.1) OVER (${path})`,
    },
    parts: (bound) => wParts(bound('weights')),
  },
  markov: {
    label: { en: 'Markov chain', ru: 'Цепи Маркова' },
    description: {
      en: 'Credit to the channels of the path by what the site would lose of its conversions without each of them',
      ru: 'Ценность каналам пути по тому, сколько конверсий сайт потерял бы без каждого из них',
    },
    chain: true,
    windows: channelWindows(),
    parts: (bound) => {
      const worth = (effects: 'lead_effects' | 'deal_effects') =>
        `transform(toString(channel), ${bound('channels')}, ${bound(effects)}, toUInt64(0))`
      return channelParts(`if(conversion_kind = 'lead', ${worth('lead_effects')}, ${worth('deal_effects')})`)
    },
  },
  shapley: {
    label: { en: 'Shapley value', ru: 'Вектор Шепли' },
    description: {
      en: 'Equal credit to every channel of the path, however often it was met: the fair share of game theory',
      ru: 'Поровну каждому каналу пути, сколько бы раз он ни встретился: справедливая доля по теории игр',
    },
    windows: channelWindows(),
    parts: () => channelParts(`toUInt64(${CHANNEL_PARTS})`),
  },
  first_contact: {
    label: { en: 'First contact', ru: 'Первое обращение' },
    description: {
      en: 'All credit to the touch that brought the first request: a call, a form or a chat; to nobody when none did',
      ru: 'Вся ценность касанию, которое привело к первому обращению: звонку, форме или чату; никому, если такого нет',
    },
    ...contactModel('arraySlice(contacts, 1, 1)', 'position = places[1]', 'places[1] = 0'),
  },
  last_contact: {
    label: { en: 'Last contact', ru: 'Последнее обращение' },
    description: {
      en: 'All credit to the touch that brought the last request; to nobody when none did',
      ru: 'Вся ценность касанию, которое привело к последнему обращению; никому, если такого нет',
    },
    ...contactModel('arraySlice(contacts, -1)', 'position = places[1]', 'places[1] = 0'),
  },
  linear_contact: {
    label: { en: 'Linear over contacts', ru: 'Линейная по обращениям' },
    description: {
      en: 'Equal credit to every request, each to the touch that brought it; the share of those that none brought is left open',
      ru: 'Поровну каждому обращению: касанию, которое к нему привело; доля обращений без касаний остаётся нераспределённой',
    },
    ...contactModel('contacts', 'countEqual(places, position)', 'greatest(countEqual(places, 0), empty(places))'),
  },
} as const satisfies Record<string, Model>

export type ModelName = keyof typeof models

/** A model by name; undefined when there is none. */
export function findModel(name: string): Model | undefined {
  return Object.hasOwn(models, name) ? models[name as ModelName] : undefined
}

/** A touch with two roles is paid for both; what nobody is there to take goes to the others in proportion. */
function wParts(weights: string): string {
  const atLead = "if(conversion_kind = 'lead', last_kept, if(asked_in > 0, asked_in, asked_after))"
  const atDeal = "if(conversion_kind = 'deal', last_kept, 0)"
  const places = `[first_kept, ${atLead}, ${atDeal}]`
  const others = `touches - length(arrayDistinct(arrayFilter(place -> place > 0, ${places})))`
  const paid = `arraySum(arrayMap((place, pay) -> if(place = position, pay, 0), ${places}, arraySlice(${weights}, 1, 3)))`
  return `if(has(${places}, position), ${paid} * greatest(${others}, 1), ${weights}[4])`
}

/**
 * `places`: the position of the touch of each contact that shares the credit, oldest contact first; 0 where there is none. A contact belongs to its
 * own visit or call, else to the last touch before it.
 */
function contactModel(sharing: string, parts: string, rest: string) {
  const isOwn = "(step.3 != '' AND step.3 = one.2) OR (step.4 != '' AND step.4 = one.3)"
  const own = `arrayFirst(step -> ${isOwn}, steps).1`
  const before = 'arrayLast(step -> step.2 <= one.1, steps).1'
  return {
    requests: 'all' as const,
    windows: {
      steps: `arraySort(groupArrayIf((position, at, session, call), kept) OVER (${path}))`,
      places: `arrayMap(one -> if(${own} > 0, ${own}, ${before}), ${sharing})`,
    },
    parts: () => parts,
    rest,
  }
}

function channelWindows() {
  return {
    channel_touches: `sum(kept) OVER (${channelOfPath})`,
    channel_rank: `sum(kept) OVER (${channelOfPath} ${untilHere})`,
  }
}

/** A channel's parts are cut among its touches by rounding the running share: they add up to the channel's exactly. */
function channelParts(worth: string): string {
  const upto = (rank: string) => `intDiv((${worth}) * (${rank}), greatest(channel_touches, 1))`
  return `${upto('channel_rank')} - ${upto('greatest(channel_rank, 1) - 1')}`
}
