import { z } from 'zod'
import { type Holding, numberKey } from './holdings.ts'

/** A holding as the journal keeps it. No address: that stays in memory. */
const HoldingRecord = z.object({
  site: z.string(),
  pool: z.string(),
  number: z.string(),
  visitor: z.string(),
  session: z.string(),
  from_ms: z.number(),
  seen_ms: z.number(),
  to_ms: z.number(),
  is_active: z.boolean(),
  sight: z.object({ source: z.string(), channel: z.string(), landing_url: z.string() }),
})

export type HoldingRecord = z.output<typeof HoldingRecord>

/** Long enough for every prefix that a pool may name. */
const LANDING_LENGTH_MAX = 1000

export function toRecord(holding: Holding): HoldingRecord {
  const { sight } = holding
  return HoldingRecord.parse({
    ...holding,
    sight: { ...sight, landing_url: sight.landing_url.slice(0, LANDING_LENGTH_MAX) },
  })
}

export function readRecord(line: unknown): HoldingRecord | undefined {
  const parsed = HoldingRecord.safeParse(line)
  return parsed.success ? parsed.data : undefined
}

export function recordKey({ site, number }: HoldingRecord): string {
  return numberKey(site, number)
}

/** A holding as it was when the service stopped. */
export function fromRecord(record: HoldingRecord, kept_until_ms: number): Holding {
  return {
    ...record,
    address: '',
    kept_until_ms,
    logged_seen_ms: record.seen_ms,
    logged_at_ms: record.seen_ms,
    written: Promise.resolve(),
  }
}
