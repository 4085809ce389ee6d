import { type NativeColumn, writeNative } from '#storage/native/write-native.ts'
import { type HistoryRow, type HistoryTable, insertColumns } from './history-tables.ts'

/** Rows made ready together. */
const BLOCK_ROWS = 1_000

/**
 * Rows that are all to be put under one version, made ready for their insert while more are gathered: as rows, a hundred
 * thousand would live long enough to be costly to clear away.
 */
export class GatheredRows {
  readonly version: number
  readonly #tables = new Map<HistoryTable, { columns: NativeColumn[]; rows: object[]; blocks: Buffer[] }>()

  constructor(version: number) {
    this.version = version
  }

  add<Table extends HistoryTable>(table: Table, row: HistoryRow<Table>): void {
    let gathered = this.#tables.get(table)
    if (!gathered) {
      gathered = { columns: insertColumns(table, this.version, 0), rows: [], blocks: [] }
      this.#tables.set(table, gathered)
    }
    if (gathered.rows.push(row) < BLOCK_ROWS) return
    gathered.blocks.push(writeNative(gathered.columns, gathered.rows))
    gathered.rows = []
  }

  count(table: HistoryTable): number {
    const { rows = [], blocks = [] } = this.#tables.get(table) ?? {}
    return blocks.length * BLOCK_ROWS + rows.length
  }

  get tables(): HistoryTable[] {
    return [...this.#tables.keys()]
  }

  /** All of a table, as they are sent. */
  of(table: HistoryTable): { columns: readonly NativeColumn[]; blocks: readonly Buffer[] } {
    const { columns = [], rows = [], blocks = [] } = this.#tables.get(table) ?? {}
    return { columns, blocks: rows.length === 0 ? blocks : [...blocks, writeNative(columns, rows)] }
  }
}
