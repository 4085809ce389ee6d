/** What a column is sent as; ClickHouse casts it to what the table has. */
export type NativeType =
  | 'String'
  | 'Array(String)'
  | 'Map(String, String)'
  | 'Float64'
  | "DateTime64(3, 'UTC')"
  | "Nullable(DateTime64(3, 'UTC'))"
  | 'Nullable(String)'

export interface NativeColumn<Row = object> {
  name: string
  type: NativeType
  /** The values of some rows: they are those of the type. */
  valuesOf(rows: readonly Row[]): unknown[]
}

/** Rows as one block of ClickHouse's Native format. */
export function writeNative<Row>(columns: readonly NativeColumn<Row>[], rows: readonly Row[]): Buffer {
  const writer = new Writer(rows.length * columns.length * 8)
  writer.varint(columns.length)
  writer.varint(rows.length)
  for (const { name, type, valuesOf } of columns) {
    writer.text(name)
    writer.text(type)
    writeColumn[type](writer, valuesOf(rows))
  }
  return writer.bytes()
}

// Whoever names a type gives its values.
const writeColumn: Record<NativeType, (writer: Writer, values: unknown[]) => void> = {
  String: (writer, values) => writer.texts(values as string[]),
  'Array(String)': (writer, values) => writer.lists(values as string[][]),
  'Map(String, String)'(writer, values) {
    const maps = values.map((value) => Object.entries(value as Record<string, string>))
    writer.ends(maps)
    writer.texts(maps.flat().map(([key]) => key))
    writer.texts(maps.flat().map(([, value]) => value))
  },
  Float64: (writer, values) => writer.doubles(values as number[]),
  "DateTime64(3, 'UTC')": (writer, values) => writer.longs(values as number[]),
  "Nullable(DateTime64(3, 'UTC'))"(writer, values) {
    writer.nulls(values)
    writer.longs(values.map((value) => (value as number | null) ?? 0))
  },
  'Nullable(String)'(writer, values) {
    writer.nulls(values)
    writer.texts(values.map((value) => (value as string | null) ?? ''))
  },
}

/** Longer texts are written by the runtime: a call costs as much as so many characters. */
const SHORT = 64

class Writer {
  #bytes: Buffer
  #at = 0

  constructor(size: number) {
    this.#bytes = Buffer.allocUnsafe(Math.max(1024, size))
  }

  bytes(): Buffer {
    return this.#bytes.subarray(0, this.#at)
  }

  varint(value: number): void {
    this.#reserve(5)
    let left = value
    while (left > 127) {
      this.#bytes[this.#at++] = (left & 127) | 128
      left >>>= 7
    }
    this.#bytes[this.#at++] = left
  }

  texts(values: readonly string[]): void {
    for (const value of values) {
      if (value !== '') this.text(value)
      else {
        this.#reserve(1)
        this.#bytes[this.#at++] = 0
      }
    }
  }

  text(value: string): void {
    const { length } = value
    if (length > SHORT || !this.#shortText(value, length)) this.#longText(value)
  }

  lists(values: readonly (readonly string[])[]): void {
    this.ends(values)
    for (const value of values) this.texts(value)
  }

  /** Where each list ends, counted over all of them. */
  ends(values: readonly (readonly unknown[])[]): void {
    let end = 0
    this.longs(
      values.map((value) => {
        end += value.length
        return end
      }),
    )
  }

  nulls(values: readonly unknown[]): void {
    this.#reserve(values.length)
    for (const value of values) this.#bytes[this.#at++] = value === null ? 1 : 0
  }

  doubles(values: readonly number[]): void {
    this.#reserve(values.length * 8)
    this.#at += Buffer.from(Float64Array.from(values).buffer).copy(this.#bytes, this.#at)
  }

  /** Whole numbers as 64 bits, those below zero in two's complement. */
  longs(values: readonly number[]): void {
    this.#reserve(values.length * 8)
    for (const value of values) {
      const high = Math.floor(value / 2 ** 32)
      this.#at = this.#bytes.writeUInt32LE(value - high * 2 ** 32, this.#at)
      this.#at = this.#bytes.writeInt32LE(high, this.#at)
    }
  }

  /** Returns false, and has written nothing, when a character is not plain. */
  #shortText(value: string, length: number): boolean {
    this.#reserve(length + 1)
    const bytes = this.#bytes
    let at = this.#at
    bytes[at++] = length
    for (let index = 0; index < length; index++) {
      const code = value.charCodeAt(index)
      if (code > 127) return false
      bytes[at++] = code
    }
    this.#at = at
    return true
  }

  #longText(value: string): void {
    const length = Buffer.byteLength(value)
    this.varint(length)
    this.#reserve(length)
    this.#at += this.#bytes.write(value, this.#at)
  }

  #reserve(length: number): void {
    if (this.#at + length <= this.#bytes.length) return
    const wider = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#at + length))
    this.#bytes.copy(wider, 0, 0, this.#at)
    this.#bytes = wider
  }
}
