import { addressPrefixes, agents, estates, type Way, ways } from './market.ts'
import type { Random } from './random.ts'
import type { FillWords } from './words.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

export interface Person {
  id: string
  name: string
  phone: string
  email: string
  /** From 0 to 1: how much the person wants a flat. Most who come only look. */
  intent: number
  devices: { visitor: string; agent: string; ip: string; ym: string }[]
  estate: (typeof estates)[number]
  hasDeal: boolean
}

export interface Visit {
  person: Person
  /** 0-based: how many visits the person made before. */
  order: number
  at_ms: number
  way: Way
}

export interface VisitsOptions {
  days: number
  visits: number
  seed: number
  now_ms: number
}

/** Who comes when and how, over the year, in the order of time. */
export function planVisits({ days, visits, seed, now_ms }: VisitsOptions, words: FillWords, random: Random): Visit[] {
  const planned: Visit[] = []
  for (let index = 0; planned.length < visits; index++) {
    const first = random.weighted(ways)
    const person = makePerson(index, seed, words, random)
    person.intent = Math.min(1, first.quality * random.next() ** 3)
    let at_ms = now_ms - days * DAY * (1 - placeInYear(random))
    const count = 1 + Math.floor(random.exponential(0.35 + person.intent * 3))
    for (let order = 0; order < count; order++) {
      const way = order === 0 ? first : random.weighted(returns)
      const moment_ms = toWakingHours(at_ms, random)
      if (moment_ms > now_ms - HOUR) break
      planned.push({ person, order, at_ms: moment_ms, way })
      at_ms = moment_ms + HOUR * 3 + random.exponential(9 * DAY)
    }
  }
  return planned.sort((a, b) => a.at_ms - b.at_ms)
}

/** From 0 to 1; twice as many people come at the end of the year as at its beginning. */
function placeInYear(random: Random): number {
  const place = random.next()
  return random.chance(0.65) ? place : Math.max(place, random.next())
}

const returns = ways.map((way) => ({ ...way, weight: way.return_weight }))

/** Most people look at flats in the day and in the evening (Moscow time); nobody at night. */
function toWakingHours(at_ms: number, random: Random): number {
  const hour = random.weighted([
    { weight: 1, from: 6 },
    { weight: 5, from: 9 },
    { weight: 6, from: 13 },
    { weight: 7, from: 18 },
  ]).from
  const then_ms = Math.floor(at_ms / DAY) * DAY + (hour - 3 + random.next() * 4) * HOUR
  return Math.floor(then_ms < at_ms ? then_ms + DAY : then_ms)
}

function makePerson(index: number, seed: number, words: FillWords, random: Random): Person {
  const id = `${seed}-${index}`
  const deviceCount = random.chance(0.3) ? 2 : 1
  return {
    id,
    name: `${random.pick(words.firstNames)} ${random.pick(words.lastNames)}`,
    phone: `+7926${String(((seed % 1_000_000) * 7_654_321 + index * 104_729) % 10_000_000).padStart(7, '0')}`,
    email: `buyer.${seed}.${index}@example.com`,
    intent: 0,
    devices: Array.from({ length: deviceCount }, (_, device) => ({
      visitor: `fill-${id}-${device}`,
      agent: random.weighted(agents).text,
      ip: `${random.pick(addressPrefixes)}.${random.whole(2, 250)}`,
      ym: `17${random.whole(10_000_000, 99_999_999)}${random.whole(100_000_000, 999_999_999)}`,
    })),
    estate: random.pick(estates),
    hasDeal: false,
  }
}
