import { isAscii } from 'node:buffer'

/** Some rows of an answer, by column. */
export interface NativeBlock {
  rows: number
  columns: readonly NativeColumnRead[]
}

/** The values of a column. Texts are made when they are asked for: most are needed for a moment, or not at all. */
export interface NativeColumnRead {
  at(row: number): unknown
}

/**
 * Takes apart an answer in ClickHouse's Native format: columns of numbers, of text, and of text with a dictionary, with or
 * without nulls. An answer that was broken off throws.
 */
export function readNative(bytes: Buffer): NativeBlock[] {
  const reader = new Reader(bytes)
  const blocks: NativeBlock[] = []
  let width: number | undefined
  while (!reader.isAtEnd) {
    const count = reader.varint()
    width ??= count
    // ClickHouse says what went wrong behind the blocks that it had sent by then.
    if (count !== width) throw brokenOff()
    const rows = reader.varint()
    const columns: NativeColumnRead[] = []
    for (let at = 0; at < count; at++) {
      reader.text()
      columns.push(readColumn(reader, reader.text(), rows))
    }
    if (rows > 0) blocks.push({ rows, columns })
  }
  return blocks
}

function readColumn(reader: Reader, type: string, rows: number): NativeColumnRead {
  const numbers = widths[type]
  if (numbers) return new Numbers(numbers(reader, rows))
  if (type === 'String') return reader.texts(rows)
  if (type === 'LowCardinality(String)') return readDictionary(reader, rows)
  const [, inner] = /^Nullable\((.*)\)$/.exec(type) ?? []
  if (inner !== undefined) return new Nullable(new Uint8Array(reader.aligned(rows)), readColumn(reader, inner, rows))
  throw new Error(`Columns of type ${type} are not read this way`)
}

const widths: Record<string, (reader: Reader, rows: number) => ArrayLike<number>> = {
  UInt8: (reader, rows) => new Uint8Array(reader.aligned(rows)),
  UInt16: (reader, rows) => new Uint16Array(reader.aligned(rows * 2)),
  UInt32: (reader, rows) => new Uint32Array(reader.aligned(rows * 4)),
  Int32: (reader, rows) => new Int32Array(reader.aligned(rows * 4)),
  Float64: (reader, rows) => new Float64Array(reader.aligned(rows * 8)),
}

/** The version of the only way in which dictionaries are written. */
const DICTIONARY_VERSION = 1

const indexWidths = ['UInt8', 'UInt16', 'UInt32'] as const
const GLOBAL_DICTIONARY = 1 << 8

/** Each value once, and for every row which of them it is. */
function readDictionary(reader: Reader, rows: number): NativeColumnRead {
  if (rows === 0) return new Dictionary([], [])
  if (reader.long() !== DICTIONARY_VERSION) throw brokenOff()
  const flags = reader.long()
  const width = indexWidths[flags & 0xff]
  if (!width || (flags & GLOBAL_DICTIONARY) !== 0) throw brokenOff()
  const count = reader.long()
  const texts = reader.texts(count)
  const values = Array.from({ length: count }, (_, at) => texts.at(at))
  if (reader.long() !== rows) throw brokenOff()
  return new Dictionary(values, (widths[width] as (typeof widths)[string])(reader, rows))
}

class Numbers implements NativeColumnRead {
  readonly #values: ArrayLike<number>

  constructor(values: ArrayLike<number>) {
    this.#values = values
  }

  at(row: number): number {
    return this.#values[row] as number
  }
}

class Nullable implements NativeColumnRead {
  readonly #isNull: Uint8Array
  readonly #values: NativeColumnRead

  constructor(isNull: Uint8Array, values: NativeColumnRead) {
    this.#isNull = isNull
    this.#values = values
  }

  at(row: number): unknown {
    return this.#isNull[row] === 1 ? null : this.#values.at(row)
  }
}

class Dictionary implements NativeColumnRead {
  readonly #values: readonly string[]
  readonly #indexes: ArrayLike<number>

  constructor(values: readonly string[], indexes: ArrayLike<number>) {
    this.#values = values
    this.#indexes = indexes
  }

  at(row: number): string {
    return this.#values[this.#indexes[row] as number] as string
  }
}

/** Texts one behind the other. */
class Texts implements NativeColumnRead {
  readonly #bytes: Buffer
  readonly #starts: Uint32Array
  readonly #ends: Uint32Array
  /** All of them as one text, where each character is one byte: cut out of it, a text costs no call. */
  readonly #plain: string | undefined
  readonly #begin: number

  constructor(bytes: Buffer, { starts, ends, begin, end }: TextPlaces) {
    this.#bytes = bytes
    this.#starts = starts
    this.#ends = ends
    this.#begin = begin
    this.#plain = isAscii(bytes.subarray(begin, end)) ? bytes.toString('latin1', begin, end) : undefined
  }

  at(row: number): string {
    const [from, to] = [this.#starts[row] as number, this.#ends[row] as number]
    if (from === to) return ''
    if (this.#plain === undefined) return this.#bytes.toString('utf8', from, to)
    return this.#plain.slice(from - this.#begin, to - this.#begin)
  }
}

interface TextPlaces {
  starts: Uint32Array
  ends: Uint32Array
  begin: number
  end: number
}

class Reader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length
  }

  varint(): number {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined) throw brokenOff()
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
  }

  /** A count of 64 bits. None is so large that a number could not hold it. */
  long(): number {
    const at = this.#take(8)
    return this.#bytes.readUInt32LE(at) + this.#bytes.readUInt32LE(at + 4) * 2 ** 32
  }

  /** So many bytes, where numbers of any width may begin. */
  aligned(length: number): ArrayBuffer {
    const at = this.#take(length)
    // A copy in a buffer of its own: a Buffer begins anywhere.
    return new Uint8Array(this.#bytes.subarray(at, at + length)).buffer
  }

  text(): string {
    const length = this.varint()
    const at = this.#take(length)
    return this.#bytes.toString('utf8', at, at + length)
  }

  texts(rows: number): Texts {
    const begin = this.#at
    const starts = new Uint32Array(rows)
    const ends = new Uint32Array(rows)
    for (let row = 0; row < rows; row++) {
      const length = this.varint()
      starts[row] = this.#at
      ends[row] = this.#take(length) + length
    }
    return new Texts(this.#bytes, { starts, ends, begin, end: this.#at })
  }

  #take(length: number): number {
    const at = this.#at
    this.#at += length
    if (this.#at > this.#bytes.length) throw brokenOff()
    return at
  }
}

function brokenOff(): Error {
  return new Error('ClickHouse broke off its answer')
}
