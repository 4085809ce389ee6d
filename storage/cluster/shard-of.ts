import { crc32 } from 'node:zlib'
import { type ByteText, fromByteText } from '#domain/byte-text.ts'
import { type FactTable, factTables } from '../fact-tables.ts'
import { keyColumns } from './sharding-keys.ts'

/** The shard, counted from 0, of a row with these values of its key columns; as the Distributed table would choose. */
export function shardOf(values: readonly string[], shards: number): number {
  return crc32(values.join('\n')) % shards
}

/** Tells of each encoded row of a table which shard it belongs to. Reads no further into the text than it must. */
export function shardOfRow(table: FactTable, shards: number): (row: ByteText) => number {
  const names = Object.keys(factTables[table])
  const wanted = keyColumns(table).map((column) => names.indexOf(column))
  const last = Math.max(...wanted)
  return (row) => {
    const values = readStrings(row, wanted, last)
    return shardOf(values, shards)
  }
}

const quote = 0x22
const backslash = 0x5c

/** The elements of these places of a JSON array whose elements up to there are strings and numbers; `[` is left out. */
function readStrings(row: string, wanted: readonly number[], last: number): string[] {
  const values: string[] = []
  let at = 0
  for (let place = 0; place <= last; place++) {
    const end = row.charCodeAt(at) === quote ? endOfString(row, at) : endOfNumber(row, at)
    if (wanted.includes(place)) values.push(JSON.parse(fromByteText(row.slice(at, end))) as string)
    at = end + 1
  }
  return values
}

/** The place behind the closing quote. */
function endOfString(row: string, start: number): number {
  for (let at = start + 1; at < row.length; at++) {
    const char = row.charCodeAt(at)
    if (char === quote) return at + 1
    if (char === backslash) at++
  }
  throw new Error('An encoded row is broken off.')
}

function endOfNumber(row: string, start: number): number {
  const comma = row.indexOf(',', start)
  if (comma < 0) throw new Error('An encoded row is broken off.')
  return comma
}
