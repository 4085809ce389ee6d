import { LOOKBACK_DAYS } from '#domain/credit.ts'
import { type ConflictRow, conflictsSql, lastTouchSql, shapeConflict } from './deal-view.ts'
import type { Mask } from './mask.ts'
import type { Reader } from './reader.ts'

/** What is told of one deal alone: keys that lead elsewhere, and touches too old to take credit. */
export async function readDealContext(
  reader: Pick<Reader, 'query'>,
  params: { site: string; id: string },
  mask: Mask,
): Promise<{ conflicts: object[]; uncredited?: string }> {
  const [conflicts, [last]] = await Promise.all([
    reader.query<ConflictRow>(conflictsSql, params),
    reader.query<{ is_beyond: number }>(lastTouchSql, { ...params, lookback_days: LOOKBACK_DAYS }),
  ])
  return {
    conflicts: conflicts.map((row) => shapeConflict(row, mask)),
    ...(last?.is_beyond === 1 && { uncredited: 'beyond_lookback' }),
  }
}
