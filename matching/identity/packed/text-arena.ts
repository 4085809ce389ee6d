import { type Fill, lasting, type Piece } from './frozen.ts'

const PAGE_BITS = 22
const PAGE_BYTES = 1 << PAGE_BITS
const WITHIN = PAGE_BYTES - 1

/** Lengths are one byte, or three from here on. */
const LONG = 255

/** The longest text. Values are far shorter by the rules of the wire. */
export const TEXT_BYTES_MAX = 65_535

/** Texts one behind the other as bytes, each known by where it begins. What is no longer needed stays until all is copied. */
export class TextArena {
  readonly #pages: Buffer[] = []
  /** Where the next text may begin; the lowest places are left to those who need words for «none». */
  #end = 8

  get bytes(): number {
    return this.#pages.length * PAGE_BYTES
  }

  get used(): number {
    return this.#end
  }

  add(text: Buffer, length: number): number {
    if (length > TEXT_BYTES_MAX) throw new Error(`A text of ${length} bytes is no identifier`)
    const head = length < LONG ? 1 : 3
    // A text stands in one page.
    if ((this.#end & WITHIN) + head + length > PAGE_BYTES) {
      this.#end = (Math.floor(this.#end / PAGE_BYTES) + 1) * PAGE_BYTES
    }
    const at = this.#end
    const page = this.#page(at)
    const start = at & WITHIN
    page[start] = Math.min(length, LONG)
    if (head > 1) page.writeUInt16LE(length, start + 1)
    text.copy(page, start + head, 0, length)
    this.#end = at + head + length
    return at
  }

  read(at: number): string {
    const start = this.#start(at)
    return this.#page(at).toString('utf8', start, start + this.length(at))
  }

  length(at: number): number {
    const page = this.#page(at)
    const length = page[at & WITHIN] as number
    return length < LONG ? length : page.readUInt16LE((at & WITHIN) + 1)
  }

  isSame(at: number, text: Buffer, length: number): boolean {
    if (this.length(at) !== length) return false
    const page = this.#page(at)
    const start = this.#start(at)
    for (let index = 0; index < length; index++) if (page[start + index] !== text[index]) return false
    return true
  }

  /** A hash of 32 bits; `seed` tells kinds apart. */
  hash(at: number, seed: number): number {
    const start = this.#start(at)
    return hashBytes(this.#page(at), start, start + this.length(at), seed)
  }

  /** Overwrites a text that nothing needs any more. */
  wipe(at: number): void {
    const [page, start, length] = [this.#page(at), at & WITHIN, this.length(at)]
    page.fill(0, start, this.#start(at) + length)
  }

  /** All texts as they are now: new ones stand behind them, and none may be wiped meanwhile. */
  freeze(): Piece[] {
    return this.#pages.map((page, index) => lasting(page.subarray(0, this.#end - index * PAGE_BYTES)))
  }

  async fill(used: number, fill: Fill): Promise<void> {
    this.#end = used
    if (used > 0) this.#page(used - 1)
    await fill(this.#pages.map((page, index) => page.subarray(0, used - index * PAGE_BYTES)))
  }

  #start(at: number): number {
    return (at & WITHIN) + ((this.#page(at)[at & WITHIN] as number) < LONG ? 1 : 3)
  }

  #page(at: number): Buffer {
    const index = Math.floor(at / PAGE_BYTES)
    while (index >= this.#pages.length) this.#pages.push(Buffer.alloc(PAGE_BYTES))
    return this.#pages[index] as Buffer
  }
}

/** FNV-1a with a last stir, so that the low bits may be used alone. */
export function hashBytes(bytes: Buffer, start: number, end: number, seed: number): number {
  let hash = 0x811c9dc5 ^ seed
  for (let index = start; index < end; index++) hash = Math.imul(hash ^ (bytes[index] as number), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d)
  hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b)
  return (hash ^ (hash >>> 16)) >>> 0
}
