import { Failure } from '#shell/failure.ts'

const RECORD_LENGTH_MAX = 64 * 1024
const COLUMNS_MAX = 200

/** A record under the names of the header; cells that are empty are left out. */
export type CsvRecord = { index: number; cells: Record<string, string> } | { index: number; message: string }

/** Reads CSV with a header (RFC 4180; `;` between cells if the header has it, as office programs write) as it comes. */
export async function* readCsv(
  chunks: AsyncIterable<Buffer>,
  required: readonly string[],
): AsyncGenerator<CsvRecord[]> {
  const cutter = openCutter()
  let header: string[] | undefined
  let index = 0
  for await (const text of decoded(chunks)) {
    const records = cutter.write(text)
    yield records.flatMap(named)
  }
  yield cutter.end().flatMap(named)
  if (!header) throw new Failure('bad_request', 'The body holds no CSV header.', { field: 'body' })

  function named(record: string[] | 'too_long'): CsvRecord[] {
    if (record !== 'too_long' && record.length === 1 && record[0]?.trim() === '') return []
    if (!header) {
      header = readHeader(record, required)
      return []
    }
    const place = index++
    if (record === 'too_long') return [{ index: place, message: `is longer than ${RECORD_LENGTH_MAX} characters` }]
    if (record.length > header.length) {
      return [{ index: place, message: `has ${record.length} cells under a header of ${header.length}` }]
    }
    return [{ index: place, cells: nameCells(header, record) }]
  }
}

function nameCells(header: readonly string[], record: readonly string[]): Record<string, string> {
  const cells: Record<string, string> = Object.create(null)
  for (const [place, cell] of record.entries()) {
    const name = header[place]
    if (name && cell !== '') cells[name] = cell
  }
  return cells
}

function readHeader(record: string[] | 'too_long', required: readonly string[]): string[] {
  if (record === 'too_long') throw new Failure('bad_request', 'The CSV header is too long.', { field: 'header' })
  const names = record.map((name) => name.trim().toLowerCase())
  const missing = required.find((name) => !names.includes(name))
  if (missing) throw new Failure('bad_request', `The CSV header lacks the column "${missing}".`, { field: missing })
  const twice = names.find((name, place) => name !== '' && names.indexOf(name) !== place)
  if (twice) throw new Failure('bad_request', 'The CSV header names a column twice.', { field: 'header' })
  if (names.length > COLUMNS_MAX)
    throw new Failure('bad_request', 'The CSV header has too many columns.', { field: 'header' })
  return names
}

/** Whole characters only: a chunk may end in the middle of one. */
async function* decoded(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  try {
    for await (const chunk of chunks) yield decoder.decode(chunk, { stream: true })
    yield decoder.decode()
  } catch (error) {
    if (error instanceof TypeError) throw new Failure('bad_request', 'The body is not UTF-8.', { field: 'body' })
    throw error
  }
}

/** Cuts text into records of cells. Line breaks and separators inside quotes belong to the cell. */
function openCutter() {
  let separator = ''
  let cells: string[] = []
  let cell = ''
  let state: 'plain' | 'quoted' | 'quote_in_quoted' = 'plain'
  let length = 0

  return {
    write(text: string): (string[] | 'too_long')[] {
      const records: (string[] | 'too_long')[] = []
      for (const character of text) {
        const record = take(character)
        if (record) records.push(record)
      }
      return records
    },
    end(): (string[] | 'too_long')[] {
      return length > 0 || cells.length > 0 ? [endRecord()] : []
    },
  }

  function take(character: string): string[] | 'too_long' | undefined {
    if (state === 'quoted') {
      if (character === '"') state = 'quote_in_quoted'
      else add(character)
      return undefined
    }
    if (state === 'quote_in_quoted' && character === '"') {
      state = 'quoted'
      add('"')
      return undefined
    }
    state = character === '"' && cell === '' ? 'quoted' : 'plain'
    if (state === 'quoted') return undefined
    if (character === '\n') return endRecord()
    if (character === '\r') return undefined
    // The first separator of the header decides: no column of ours is named with one.
    if (separator === '' && (character === ',' || character === ';' || character === '\t')) separator = character
    if (character === separator) endCell()
    else add(character)
    return undefined
  }

  function add(character: string): void {
    length += 1
    // Counted but no longer kept, so that a quote left open cannot fill the memory.
    if (length <= RECORD_LENGTH_MAX) cell += character
  }

  function endCell(): void {
    length += 1
    if (length <= RECORD_LENGTH_MAX) cells.push(cell)
    cell = ''
  }

  function endRecord(): string[] | 'too_long' {
    const is_too_long = length > RECORD_LENGTH_MAX
    endCell()
    const record = cells
    cells = []
    length = 0
    return is_too_long ? 'too_long' : record
  }
}
