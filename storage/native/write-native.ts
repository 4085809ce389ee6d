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
  const writer = new Writer()
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

/** Of many columns all rows say the same. */
function isSame(values: readonly string[]): boolean {
  const [first] = values
  return values.length > 1 && values.every((value) => value === first)
}

/** Where blocks are put together, one at a time: each gets a buffer of its own when it is known how long it is. */
let room = Buffer.allocUnsafe(64 * 1024)

/** Larger than this, the room for a block is given back. */
const ROOM_BYTES_MAX = 4 * 1024 ** 2

class Writer {
  #bytes = room
  #at = 0

  bytes(): Buffer {
    if (this.#bytes.length <= ROOM_BYTES_MAX) room = this.#bytes
    return Buffer.from(this.#bytes.subarray(0, this.#at))
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
    if (isSame(values)) {
      this.#repeat(values.length, () => this.text(values[0] as string))
      return
    }
    let left = values.length
    this.#reserve(left * (SHORT + 1))
    let [bytes, at] = [this.#bytes, this.#at]
    for (const value of values) {
      left -= 1
      const { length } = value
      let index = 0
      if (length <= SHORT) {
        bytes[at] = length
        for (; index < length; index++) {
          const code = value.charCodeAt(index)
          if (code > 127) break
          bytes[at + 1 + index] = code
        }
      }
      if (index === length) at += length + 1
      else {
        this.#at = at
        this.text(value)
        this.#reserve(left * (SHORT + 1))
        bytes = this.#bytes
        at = this.#at
      }
    }
    this.#at = at
  }

  text(value: string): void {
    const length = Buffer.byteLength(value)
    this.varint(length)
    this.#reserve(length)
    this.#at += this.#bytes.write(value, this.#at)
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
    this.#append(new Float64Array(values))
  }

  /** Whole numbers as 64 bits, those below zero in two's complement. */
  longs(values: readonly number[]): void {
    const words = new Uint32Array(values.length * 2)
    let at = 0
    for (const value of values) {
      const high = Math.floor(value / 2 ** 32)
      words[at++] = value - high * 2 ** 32
      words[at++] = high
    }
    this.#append(words)
  }

  #append({ buffer }: Float64Array | Uint32Array): void {
    this.#reserve(buffer.byteLength)
    this.#at += Buffer.from(buffer).copy(this.#bytes, this.#at)
  }

  /** What is written once, so many times. */
  #repeat(times: number, write: () => void): void {
    const from = this.#at
    write()
    const length = this.#at - from
    this.#reserve(length * (times - 1))
    this.#bytes.fill(this.#bytes.subarray(from, from + length), from + length, from + length * times)
    this.#at = from + length * times
  }

  #reserve(length: number): void {
    if (this.#at + length <= this.#bytes.length) return
    const wider = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#at + length))
    this.#bytes.copy(wider, 0, 0, this.#at)
    this.#bytes = wider
  }
}
