import type { Params, Store } from '#storage/client.ts'

/** ClickHouse refuses a bound value over 128 KB; this leaves room for quotes and escapes. */
const KEYS_BYTES_MAX = 90_000

/** Queries running at once for one list of keys. */
const PARALLEL_MAX = 4

/** Runs a query for a list of keys of any length, bound as `{keys:Array(String)}`, in pieces that fit a request. */
export async function queryByKeys<Row>(
  store: Store,
  sql: string,
  params: Params,
  keys: Iterable<string>,
): Promise<Row[]> {
  const pieces = splitKeys(new Set(keys))
  const rows: Row[] = []
  for (let from = 0; from < pieces.length; from += PARALLEL_MAX) {
    const answers = await Promise.all(
      pieces.slice(from, from + PARALLEL_MAX).map((piece) => store.query<Row>(sql, { ...params, keys: piece })),
    )
    for (const answer of answers) for (const row of answer) rows.push(row)
  }
  return rows
}

/** Cuts keys into lists of at most `KEYS_BYTES_MAX`, quotes counted. */
export function splitKeys(keys: Iterable<string>): string[][] {
  const pieces: string[][] = []
  let piece: string[] = []
  let bytes = 0
  for (const key of keys) {
    const size = Buffer.byteLength(key) + 3
    if (bytes + size > KEYS_BYTES_MAX && piece.length > 0) {
      pieces.push(piece)
      piece = []
      bytes = 0
    }
    piece.push(key)
    bytes += size
  }
  if (piece.length > 0) pieces.push(piece)
  return pieces
}
