import type { Channel } from './channel.ts'

/** The attribution models, as callers name them. */
export const creditModels = [
  'first',
  'last',
  'last_non_direct',
  'first_last',
  'linear',
  'time_decay',
  'position_u',
  'position_w',
  'markov',
  'shapley',
  'first_contact',
  'last_contact',
  'linear_contact',
] as const

export type CreditModel = (typeof creditModels)[number]

/** One touch of a path. */
export interface Touch {
  channel: Channel
  at_ms?: number
}

export interface CreditOptions {
  model: CreditModel
  /** False leaves out touches that nobody brought; a path of nothing else then credits nobody. */
  direct?: boolean
  /** Of `time_decay`: a touch this much older has half the credit. */
  half_life_days?: number
  /** Of `position_u`: first, middle, last. Of `position_w`: first, the lead's, the deal's, rest. */
  weights?: readonly number[]
  /** The place in the path of the touch that made the lead; a lead's own is its last one. */
  lead?: number | undefined
  /** Whether the path led to a deal; else it led to a lead. */
  deal?: boolean
  /** Of `markov`: what the loss of a channel would cost. */
  effects?: ReadonlyMap<string, number>
  /** Of the models of contacts: for each request until then, oldest first, the place of its touch; undefined when it has none. */
  contacts?: readonly (number | undefined)[]
}

/** A touch older than this before the conversion takes no credit, unless a report asks otherwise. */
export const LOOKBACK_DAYS = 180

export const HALF_LIFE_DAYS = 7
export const U_WEIGHTS = [40, 20, 40] as const
export const W_WEIGHTS = [30, 30, 30, 10] as const

const DAY_MS = 86_400_000

/**
 * The share of each touch, in the order of the path: they add up to 1, or are all 0 when no touch counts. Under the models of
 * contacts they add up to less where a contact came by no touch. Reports work out the same in SQL
 * (`reports-api/registry/models.ts`); a test holds the two together.
 */
export function creditWeights(path: readonly Touch[], options: CreditOptions): number[] {
  const { direct = true, lead } = options
  const counted = [...path.keys()].filter((index) => direct || !isUnsourced((path[index] as Touch).channel))
  const contacts = contactsOf(options)
  if (contacts) return contactWeights(path.length, counted, contacts)
  const leadAmong = lead === undefined ? -1 : counted.indexOf(lead)
  const parts = partsOf(
    counted.map((index) => path[index] as Touch),
    leadAmong,
    options,
  )
  const whole = parts.reduce((sum, part) => sum + part, 0)
  const weights = new Array<number>(path.length).fill(0)
  for (const [place, index] of counted.entries()) {
    // Weights that leave nobody anything (0/100/0 on a path of one) leave everybody the same.
    weights[index] = whole === 0 ? 1 / counted.length : (parts[place] as number) / whole
  }
  return weights
}

/** Visits that nobody brought: they end a path without having started anything. */
export function isUnsourced(channel: Channel): boolean {
  return channel === 'direct' || channel === 'internal'
}

function partsOf(touches: readonly Touch[], lead: number, options: CreditOptions): number[] {
  const last = touches.length - 1
  const only = (chosen: number) => touches.map((_, index) => Number(index === chosen))
  switch (options.model) {
    case 'first':
      return only(0)
    case 'last':
      return only(last)
    case 'last_non_direct': {
      const named = touches.findLastIndex(({ channel }) => !isUnsourced(channel))
      return only(named < 0 ? last : named)
    }
    case 'first_last':
      return roleParts(touches.length, [0, last], [1, 1], 0)
    case 'linear':
      return touches.map(() => 1)
    case 'time_decay':
      return decayParts(touches, options.half_life_days ?? HALF_LIFE_DAYS)
    case 'position_u': {
      const [first = 0, middle = 0, end = 0] = options.weights ?? U_WEIGHTS
      return roleParts(touches.length, [0, last], [first, end], middle)
    }
    case 'position_w': {
      const [first = 0, atLead = 0, atDeal = 0, rest = 0] = options.weights ?? W_WEIGHTS
      return options.deal
        ? roleParts(touches.length, [0, lead, last], [first, atLead, atDeal], rest)
        : roleParts(touches.length, [0, last], [first, atLead], rest)
    }
    case 'markov':
      return channelParts(touches, (channel) => options.effects?.get(channel) ?? 0)
    default:
      return channelParts(touches, () => 1)
  }
}

function contactWeights(touches: number, counted: readonly number[], contacts: readonly (number | undefined)[]) {
  const weights = new Array<number>(touches).fill(0)
  for (const place of contacts) {
    if (place !== undefined && counted.includes(place))
      weights[place] = (weights[place] as number) + 1 / contacts.length
  }
  return weights
}

/** The contacts that share the credit, by the places of their touches; undefined for models of touches. */
function contactsOf({ model, contacts = [] }: CreditOptions): readonly (number | undefined)[] | undefined {
  if (model === 'first_contact') return contacts.slice(0, 1)
  if (model === 'last_contact') return contacts.slice(-1)
  return model === 'linear_contact' ? contacts : undefined
}

/** A touch with two roles is paid for both; what nobody is there to take goes to the others in proportion. */
function roleParts(touches: number, places: readonly number[], weights: readonly number[], rest: number): number[] {
  const others = [...new Array(touches).keys()].filter((index) => !places.includes(index))
  return [...new Array(touches).keys()].map((index) =>
    others.includes(index)
      ? rest / others.length
      : places.reduce((sum, place, role) => sum + (place === index ? (weights[role] as number) : 0), 0),
  )
}

/** Only differences of age matter: ages are counted from the newest touch. */
function decayParts(touches: readonly Touch[], half_life_days: number): number[] {
  const newest_ms = Math.max(...touches.map(({ at_ms = 0 }) => at_ms))
  return touches.map(({ at_ms = 0 }) => 2 ** ((at_ms - newest_ms) / DAY_MS / half_life_days))
}

/** Credit of a channel, whatever how often it stands on the path, is shared evenly among its touches. */
function channelParts(touches: readonly Touch[], worth: (channel: string) => number): number[] {
  return touches.map(({ channel }) => worth(channel) / touches.filter((touch) => touch.channel === channel).length)
}
