import type { Params, Store } from '#storage/client.ts'
import type { NativeBlock } from '#storage/native/read-native.ts'

/** ClickHouse refuses a bound value over 128 KB; this leaves room for quotes and escapes. */
const KEYS_BYTES_MAX = 90_000

/** Values bound to one query: each more query would read the same parts of the table again. */
const PIECES_MAX = 12

/** Queries running at once for one list of keys. */
const PARALLEL_MAX = 2

/** A list of any length that fits one query, as `KeyList.sql` stands for it in SQL. */
export interface KeyList {
  sql: string
  params: Params
}

const KEYS = '{keys:Array(String)}'

/** Runs a query for a list of keys of any length, bound as `{keys:Array(String)}`, in as few pieces as fit a request. */
export async function queryByKeys<Row>(
  store: Store,
  sql: string,
  params: Params,
  keys: Iterable<string>,
): Promise<Row[]> {
  return inPieces(keys, (list) => store.query<Row>(sql.replaceAll(KEYS, list.sql), { ...params, ...list.params }))
}

/** The same, by column: for those who ask for many. */
export async function blocksByKeys(
  store: Store,
  sql: string,
  params: Params,
  keys: Iterable<string>,
): Promise<NativeBlock[]> {
  return inPieces(keys, (list) => store.columns(sql.replaceAll(KEYS, list.sql), { ...params, ...list.params }))
}

async function inPieces<Row>(keys: Iterable<string>, ask: (list: KeyList) => Promise<Row[]>): Promise<Row[]> {
  const lists = [...keyLists('keys', new Set(keys))]
  const rows: Row[] = []
  for (let from = 0; from < lists.length; from += PARALLEL_MAX) {
    const answers = await Promise.all(lists.slice(from, from + PARALLEL_MAX).map(ask))
    for (const answer of answers) for (const row of answer) rows.push(row)
  }
  return rows
}

/** Binds keys under names that begin with `name`, as many values as they need, and as few lists as queries can be. */
export function* keyLists(name: string, keys: Iterable<string>): Generator<KeyList> {
  const pieces = splitKeys(keys)
  for (let from = 0; from < pieces.length; from += PIECES_MAX) {
    const some = pieces.slice(from, from + PIECES_MAX)
    const names = some.map((_, index) => `${name}${index}`)
    const values = names.map((one) => `{${one}:Array(String)}`)
    yield {
      sql: values.length === 1 ? (values[0] as string) : `arrayConcat(${values.join(', ')})`,
      params: Object.fromEntries(names.map((one, index) => [one, some[index]])),
    }
  }
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
