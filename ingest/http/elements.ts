import { isUtf8 } from 'node:buffer'
import { setImmediate as turn } from 'node:timers/promises'
import { Failure } from '#shell/failure.ts'
import { type Body, readFailure } from './body.ts'
import { type CsvRecord, readCsv } from './csv.ts'
import { LINE_BYTES_MAX, type Line, readLines } from './lines.ts'

/** One fact of a request, still to be looked at; or what keeps it from being one. */
export type Element = { index: number; value: unknown } | { index: number; field: string; message: string }

/** After so many elements other requests get their turn. */
const GROUP_MAX = 256

/** The facts of a body in groups: of one object, of an array, or line by line as they arrive. */
export async function* readElements(
  body: Body | undefined,
  csv_columns: readonly string[] = [],
): AsyncGenerator<Element[]> {
  if (!body) throw new Failure('bad_request', 'The body is empty.', { field: 'body' })
  try {
    if (body.shape === 'json') yield* grouped(readDocument(body.text), (value, index) => ({ index, value }))
    else if (body.shape === 'ndjson') for await (const lines of readLines(body.chunks)) yield* grouped(lines, ofLine)
    else for await (const records of readCsv(body.chunks, csv_columns)) yield* grouped(records, ofRecord)
  } catch (error) {
    throw readFailure(error)
  }
}

/** Whether a body is one object, and so has one answer. */
export function isOneObject(body: Body): body is Body & { shape: 'json' } {
  return body.shape === 'json' && (body.text.startsWith('{') || /^\s*\{/.test(body.text))
}

/** The value of a body that is one object. */
export function readObject({ text }: Body & { shape: 'json' }): unknown {
  return readDocument(text)[0]
}

/** Lets other requests have their turn in the middle of a long list. With a short one there is nothing to wait for. */
export function inGroups<Item>(
  items: readonly Item[],
  each: (item: Item, place: number) => void,
): Promise<void> | undefined {
  if (items.length > GROUP_MAX) return inTurns(items, each)
  for (let place = 0; place < items.length; place++) each(items[place] as Item, place)
  return undefined
}

async function inTurns<Item>(items: readonly Item[], each: (item: Item, place: number) => void): Promise<void> {
  for (let place = 0; place < items.length; place++) {
    if (place > 0 && place % GROUP_MAX === 0) await turn()
    each(items[place] as Item, place)
  }
}

async function* grouped<Item>(
  items: readonly Item[],
  read: (item: Item, place: number) => Element,
): AsyncGenerator<Element[]> {
  for (let start = 0; start < items.length; start += GROUP_MAX) {
    if (start > 0) await turn()
    yield items.slice(start, start + GROUP_MAX).map((item, place) => read(item, start + place))
  }
}

function readDocument(text: string): unknown[] {
  if (text.trim() === '') throw new Failure('bad_request', 'The body is empty.', { field: 'body' })
  const document = parse(text)
  if (!document) throw new Failure('bad_request', 'The body is not JSON.', { field: 'body' })
  return Array.isArray(document.value) ? document.value : [document.value]
}

/** What a line of NDJSON holds. */
export function ofLine(line: Line): Element {
  const { index } = line
  if ('is_too_long' in line) return { index, field: 'line', message: `is longer than ${LINE_BYTES_MAX} bytes` }
  if (!isUtf8(line.bytes)) return { index, field: 'line', message: 'is not UTF-8' }
  const parsed = parse(line.bytes.toString())
  return parsed ? { index, value: parsed.value } : { index, field: 'line', message: 'is not JSON' }
}

function ofRecord(record: CsvRecord): Element {
  if ('cells' in record) return { index: record.index, value: record.cells }
  return { index: record.index, field: 'record', message: record.message }
}

function parse(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text.startsWith('\uFEFF') ? text.slice(1) : text) }
  } catch {
    return undefined
  }
}
