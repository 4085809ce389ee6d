import { z } from 'zod'
import type { CallRow } from './call-view.ts'
import { explainClock } from './explain-call.ts'
import type { Reader } from './reader.ts'

const QUARTER_HOUR_MS = 15 * 60_000
/** A clock is measured over so long. */
const PERIOD_MS = 7 * 86_400_000

export const CallClock = z
  .object({
    shift_ms: z.number().describe('By how many whole quarter hours it was ahead: set to another zone'),
    skew_ms: z.number().describe('By how much it was ahead beside that'),
    jitter_ms: z.number().describe('How far a moment it gives may be off after that, as a standard deviation'),
    calls: z.number().describe('How many calls it was measured by'),
    agreeing: z.number().describe('Calls that rang in a lease by whole quarter hours taken off'),
    told: z.number().describe('Calls that could tell whether they did'),
    explanation: z.object({ en: z.string(), ru: z.string() }),
  })
  .nullable()
  .describe('What is known of the clock that the provider dated the call by; null where no call said anything')

/** The clock that a call was dated by, and how sure that is. */
export async function readCallClock(
  reader: Pick<Reader, 'query'>,
  site: string,
  { provider, at, clock_skew_ms }: Pick<CallRow, 'provider' | 'at' | 'clock_skew_ms'>,
): Promise<{ clock: z.input<typeof CallClock> }> {
  const shift_ms = Math.round(clock_skew_ms / QUARTER_HOUR_MS) * QUARTER_HOUR_MS
  // What the history holds has the shift taken off; clocks are kept by what their provider said.
  const said_ms = Date.parse(at) + shift_ms
  const [clock] = await reader.query<Omit<NonNullable<z.input<typeof CallClock>>, 'explanation'>>(
    `SELECT shift_ms, skew_ms, jitter_ms, calls, agreeing, told FROM provider_clocks FINAL
     WHERE site = {site:String} AND provider = {provider:String} AND period <= {to:String} AND period > {from:String}
       AND shift_ms + skew_ms = {clock_skew_ms:Int64}
     ORDER BY period DESC LIMIT 1`,
    { site, provider, clock_skew_ms, from: iso(said_ms - PERIOD_MS), to: iso(said_ms) },
  )
  return { clock: clock ? { ...clock, explanation: explainClock(clock) } : null }
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
