import { bytesOf, type Fill, type Piece } from './frozen.ts'

const PAGE_BITS = 16
const PAGE = 1 << PAGE_BITS
const WITHIN = PAGE - 1

type Numbers = Uint8Array | Uint16Array | Uint32Array | Int32Array

/** Numbers of one width in pages: grows without being copied, and without room for twice as many. */
export class PagedArray {
  readonly #make: (size: number) => Numbers
  readonly #pages: Numbers[] = []
  /** Pages that are frozen: what is to be written to one goes to a copy of it. */
  #frozen: Set<Numbers> | undefined

  constructor(make: (size: number) => Numbers) {
    this.#make = make
  }

  get(index: number): number {
    return (this.#pages[index >>> PAGE_BITS] as Numbers)[index & WITHIN] as number
  }

  set(index: number, value: number): void {
    const page = index >>> PAGE_BITS
    if (page >= this.#pages.length) this.reserve(index + 1)
    if (this.#frozen !== undefined) this.#thaw(page)
    ;(this.#pages[page] as Numbers)[index & WITHIN] = value
  }

  /** Makes room for so many numbers; those not set are 0. */
  reserve(length: number): void {
    while (this.#pages.length * PAGE < length) this.#pages.push(this.#make(PAGE))
  }

  get bytes(): number {
    return this.#pages.reduce((sum, page) => sum + page.byteLength, 0)
  }

  /** The first numbers as they are now. One freeze at a time. */
  freeze(length: number): Piece[] {
    const frozen = new Set(this.#pages.slice(0, Math.ceil(length / PAGE)))
    this.#frozen = frozen
    return [...frozen].map((page, index) => ({
      bytes: bytesOf(page.subarray(0, Math.min(PAGE, length - index * PAGE))),
      free: () => {
        frozen.delete(page)
        if (frozen.size === 0 && this.#frozen === frozen) this.#frozen = undefined
      },
    }))
  }

  /** Takes in what was frozen of as many numbers. */
  async fill(length: number, fill: Fill): Promise<void> {
    this.reserve(length)
    const pages = this.#pages.slice(0, Math.ceil(length / PAGE))
    await fill(pages.map((page, index) => bytesOf(page.subarray(0, Math.min(PAGE, length - index * PAGE)))))
  }

  #thaw(index: number): void {
    const page = this.#pages[index] as Numbers
    if (this.#frozen?.delete(page)) this.#pages[index] = page.slice()
  }
}

export const bytes = () => new PagedArray((size) => new Uint8Array(size))
export const shorts = () => new PagedArray((size) => new Uint16Array(size))
export const words = () => new PagedArray((size) => new Uint32Array(size))
export const offsets = () => new PagedArray((size) => new Int32Array(size))

/** Moments in milliseconds since 1970, of up to 48 bits. */
export class Moments {
  readonly #low = words()
  readonly #high = shorts()

  get(index: number): number {
    return this.#high.get(index) * 2 ** 32 + this.#low.get(index)
  }

  set(index: number, ms: number): void {
    this.#low.set(index, ms % 2 ** 32)
    this.#high.set(index, Math.floor(ms / 2 ** 32))
  }

  get bytes(): number {
    return this.#low.bytes + this.#high.bytes
  }

  freeze(length: number): Piece[] {
    return [...this.#low.freeze(length), ...this.#high.freeze(length)]
  }

  async fill(length: number, fill: Fill): Promise<void> {
    await this.#low.fill(length, fill)
    await this.#high.fill(length, fill)
  }
}

export const moments = () => new Moments()
