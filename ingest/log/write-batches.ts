import type { ByteText } from '#domain/byte-text.ts'
import { formatPosition, joinPositions, type Position } from '#domain/position.ts'
import type { FactTable } from '#storage/fact-tables.ts'
import type { LogRepeats, Write, Written } from './repeats.ts'
import type { TableLog } from './table-log.ts'

/** Rows of one table, from encodeRow. */
export interface Batch {
  table: FactTable
  rows: ByteText[]
  /** `${site}\n${id}` for each row: rows whose id is known already are left out, and count as accepted. */
  ids?: string[]
}

/** Takes batches to the logs of their tables, and says where they stand then. */
export interface BatchWrites {
  write(batch: Batch): Promise<Written>
  /** The position that a batch of this table has reached. */
  positionOf(table: FactTable, written: Written): string
  /** All of them, with the position that reaches all. */
  writeAll(batches: readonly Batch[]): Promise<string>
}

export interface BatchWritesOptions {
  node: string
  tables: ReadonlyMap<FactTable, TableLog>
  repeats: LogRepeats
}

export function openBatchWrites({ node, tables, repeats }: BatchWritesOptions): BatchWrites {
  // Made once: this happens ten thousand times a second.
  const writes = new Map<FactTable, Write>(
    [...tables].map(([table, tableLog]) => [table, (rows, hashes, told) => tableLog.append(rows, hashes, told)]),
  )
  /** All posts of a segment are told the same. */
  let last = { table: '', segment: 0, text: '' }

  function write({ table, rows, ids }: Batch): Promise<Written> {
    const writeRows = writes.get(table) as Write // Every fact table has one.
    try {
      if (ids) return repeats.write(table, rows, ids, writeRows)
    } catch (error) {
      // Whoever waits for several batches waits for all of them, and hears of it like of any other.
      return Promise.reject(error)
    }
    return new Promise((synced, refused) => writeRows(rows, noHashes, { synced, refused }))
  }

  const reached = (table: FactTable, written: Written) =>
    reachedPosition(node, table, written, tables.get(table) as TableLog)
  return {
    write,
    positionOf(table, written) {
      if (written === last.segment && table === last.table) return last.text
      const text = formatPosition(reached(table, written))
      if (typeof written === 'number') last = { table, segment: written, text }
      return text
    },
    async writeAll(batches) {
      // All are waited for, also when one fails: the answer must not come while a row is still on its way.
      const results = await Promise.allSettled(batches.map(write))
      let position: Position = [{ node, segments: {} }]
      for (const [index, result] of results.entries()) {
        if (result.status === 'rejected') throw result.reason
        position = joinPositions(position, reached((batches[index] as Batch).table, result.value))
      }
      return formatPosition(position)
    },
  }
}

function reachedPosition(node: string, table: FactTable, written: Written, tableLog: TableLog): Position {
  if (typeof written === 'number') return [{ node, segments: { [table]: written } }]
  // Rows that were there already: whatever segment holds them, it is not after the last one. Asked only then: it is dear.
  const { segment, position } = written ?? { segment: undefined, position: tableLog.reached }
  return joinPositions([{ node, segments: segment === undefined ? {} : { [table]: segment } }], position)
}

const noHashes = new Uint32Array(0)
