import { demoSite } from '../demo-site.ts'
import type { Year, YearOptions } from './making.ts'
import { type Way, ways } from './market.ts'
import type { Visit } from './people.ts'
import type { Random } from './random.ts'

const HOUR = 60 * 60_000
const DAY = 24 * HOUR

/** Clicks of each paid way on each day. */
export type Spending = Map<string, { way: Way; date: string; clicks: number }>

export function countClick({ way, at_ms }: Pick<Visit, 'way' | 'at_ms'>, spending: Spending): void {
  if (way.cost) entryOf(way, at_ms, spending).clicks++
}

/** Click prices wander by a fifth; people who came count as clicks, and a few more never arrived. */
export function addCosts(spending: Spending, { days, now_ms }: YearOptions, random: Random, year: Year): void {
  for (const way of ways.filter(({ day_cost }) => day_cost)) {
    for (let day = 1; day <= days; day++) entryOf(way, now_ms - day * DAY, spending)
  }
  for (const { way, date, clicks } of spending.values()) {
    const paidClicks = clicks + (random.chance(0.3) ? 1 : 0)
    const cost = (way.day_cost ?? paidClicks * way.click_cost * (0.8 + random.next() * 0.4)).toFixed(2)
    const impressions = paidClicks * random.whole(15, 60)
    year.costs.push({ site: demoSite, date, ...way.cost, cost, currency: 'RUB', clicks: paidClicks, impressions })
  }
}

/** Days are Moscow's, as the demo site's. */
function entryOf(way: Way, at_ms: number, spending: Spending): { clicks: number } {
  const date = new Date(at_ms + 3 * HOUR).toISOString().slice(0, 10)
  const key = `${date} ${way.query}`
  const entry = spending.get(key) ?? { way, date, clicks: 0 }
  spending.set(key, entry)
  return entry
}
