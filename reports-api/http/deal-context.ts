import { type ConflictRow, conflictsSql, shapeConflict } from './deal-view.ts'
import type { Mask } from './mask.ts'
import type { Reader } from './reader.ts'

/** What is told of one deal alone: keys that lead elsewhere. */
export async function readDealContext(
  reader: Pick<Reader, 'query'>,
  params: { site: string; id: string },
  mask: Mask,
): Promise<{ conflicts: object[] }> {
  const conflicts = await reader.query<ConflictRow>(conflictsSql, params)
  return { conflicts: conflicts.map((row) => shapeConflict(row, mask)) }
}
