import type { Store } from '#storage/client.ts'
import { CALLING_SESSION, type Expected } from './world.ts'

/** The history must say what the world was made of: a run that is fast and wrong has not been run. */
export async function checkHistory(store: Store, expected: Expected): Promise<void> {
  const counts = {
    sessions: 'SELECT toFloat64(count()) AS n FROM sessions FINAL',
    calls: `SELECT toFloat64(countIf(session = ${CALLING_SESSION} AND person != '')) AS n FROM call_matches FINAL`,
    forms: `SELECT toFloat64(countIf(lead_kind = 'form' AND session != '')) AS n FROM conversions FINAL`,
    deals: `SELECT toFloat64(countIf(kind = 'deal' AND status = 'won' AND touches > 0)) AS n FROM conversions FINAL`,
  }
  for (const [name, sql] of Object.entries(counts)) {
    const [row] = await store.query<{ n: number }>(sql)
    const wanted = expected[name as keyof typeof counts]
    if (row?.n !== wanted) throw new Error(`${name}: ${row?.n} are right in the history, of ${wanted}`)
  }
}
