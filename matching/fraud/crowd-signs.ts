import { fraudScore, type SeenSign, seen, sortSigns } from '#domain/fraud.ts'
import { dayText, keyOfDay, type ReadKey, readKey } from './fraud-keys.ts'

/** Requests of one day, from how many on they are a sign, and how heavy it is. Steps, so that not every one more rewrites all. */
const numberLevels = [
  { from: 5, weight: 0.4 },
  { from: 10, weight: 0.55 },
  { from: 20, weight: 0.7 },
] as const
const addressLevels = [
  { from: 5, weight: 0.35 },
  { from: 10, weight: 0.5 },
  { from: 20, weight: 0.65 },
] as const

/** How many times the norm of a placement, its mean day of the week before. */
const burstLevels = [
  { from: 4, weight: 0.25 },
  { from: 8, weight: 0.4 },
  { from: 16, weight: 0.55 },
] as const

const BURST_REQUESTS_MIN = 10
export const NORM_DAYS = 7
/** Fewer in the week before are no norm: a placement that has just begun. */
const NORM_REQUESTS_MIN = 7

type Count = (key: string) => number

/** The sign that all requests of a key show, by how many there are; the same for each of them. */
export function crowdSign(key: string, countOf: Count): SeenSign | undefined {
  const read = readKey(key)
  if (read.kind === 'placement') return burst(read, countOf)
  const count = countOf(key)
  const levels = read.kind === 'number' ? numberLevels : addressLevels
  const level = levels.findLast(({ from }) => count >= from)
  if (!level) return undefined
  const sign = read.kind === 'number' ? 'many_requests' : 'same_address'
  return seen(sign, { requests_at_least: level.from, day: dayText(read.day) }, level.weight)
}

function burst(read: ReadKey, countOf: Count): SeenSign | undefined {
  const count = countOf(keyOfDay(read, read.day))
  if (count < BURST_REQUESTS_MIN) return undefined
  let week = 0
  for (let back = 1; back <= NORM_DAYS; back++) week += countOf(keyOfDay(read, read.day - back))
  if (week < NORM_REQUESTS_MIN) return undefined
  const level = burstLevels.findLast(({ from }) => count * NORM_DAYS >= from * week)
  return level && seen('burst', { times_the_norm: level.from, day: dayText(read.day) }, level.weight)
}

const crowd: ReadonlySet<string> = new Set(['many_requests', 'same_address', 'burst'])

/** Which signs are counted among requests of different persons, as they stand in the text of a row. */
export const crowdPattern = [...crowd].map((sign) => `"${sign}"`).join('|')

interface Scored {
  fraud_score: number
  fraud_signs: string
  fraud_keys: string[]
}

/** The row with its own signs as they are, and those of its keys as the counts stand. */
export function withCrowdSigns<Row extends Scored>(row: Row, countOf: Count): Row {
  const own = readSigns(row.fraud_signs).filter(({ sign }) => !crowd.has(sign))
  const signs = [...own, ...row.fraud_keys.flatMap((key) => crowdSign(key, countOf) ?? [])]
  return { ...row, ...scored(signs) }
}

/** What a row says of its signs. */
export function scored(signs: readonly SeenSign[]): { fraud_score: number; fraud_signs: string } {
  return { fraud_score: fraudScore(signs), fraud_signs: signs.length === 0 ? '' : JSON.stringify(sortSigns(signs)) }
}

export function readSigns(text: string): SeenSign[] {
  // Matching alone writes this column.
  return text === '' ? [] : (JSON.parse(text) as SeenSign[])
}
