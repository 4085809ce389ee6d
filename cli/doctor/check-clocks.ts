import type { Store } from '#storage/client.ts'
import { type Check, ok, warning } from './check.ts'

/** Clocks of phone providers that matching found to be set to another zone, as they stand now. */
export async function checkClocks(store: Store): Promise<Check[]> {
  const rows = await store.query<{ site: string; provider: string; shift_ms: number; agreeing: number; told: number }>(
    `SELECT site, provider, toFloat64(last.1) AS shift_ms, toFloat64(last.2) AS agreeing, toFloat64(last.3) AS told
     FROM (
       SELECT site, provider, argMax((shift_ms, agreeing, told), period) AS last
       FROM provider_clocks FINAL GROUP BY site, provider
     )
     WHERE last.1 != 0 ORDER BY site, provider`,
  )
  if (rows.length === 0) return [ok('clocks of providers', 'none is set to another zone')]
  return rows.map(({ site, provider, shift_ms, agreeing, told }) => {
    const by = `${hours(Math.abs(shift_ms))} ${shift_ms > 0 ? 'ahead' : 'behind'}`
    const says = `the clock of "${provider}" is ${by} for site "${site}": ${agreeing} of ${told} calls bear it out. It is taken into account`
    return warning('clocks of providers', says, 'Have the times of its calls sent with their offset from UTC.')
  })
}

/** Of whole quarter hours. */
function hours(ms: number): string {
  const minutes = Math.round(ms / 60_000)
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')} hours`
}
