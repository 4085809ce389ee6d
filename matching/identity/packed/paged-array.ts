const PAGE_BITS = 16
const PAGE = 1 << PAGE_BITS
const WITHIN = PAGE - 1

type Numbers = Uint8Array | Uint16Array | Uint32Array | Int32Array

/** Numbers of one width in pages: grows without being copied, and without room for twice as many. */
export class PagedArray {
  readonly #make: (size: number) => Numbers
  readonly #pages: Numbers[] = []

  constructor(make: (size: number) => Numbers) {
    this.#make = make
  }

  get(index: number): number {
    return (this.#pages[index >>> PAGE_BITS] as Numbers)[index & WITHIN] as number
  }

  set(index: number, value: number): void {
    const page = index >>> PAGE_BITS
    while (page >= this.#pages.length) this.#pages.push(this.#make(PAGE))
    ;(this.#pages[page] as Numbers)[index & WITHIN] = value
  }

  get bytes(): number {
    return this.#pages.reduce((sum, page) => sum + page.byteLength, 0)
  }
}

export const bytes = () => new PagedArray((size) => new Uint8Array(size))
export const shorts = () => new PagedArray((size) => new Uint16Array(size))
export const words = () => new PagedArray((size) => new Uint32Array(size))
export const offsets = () => new PagedArray((size) => new Int32Array(size))

/** Moments in milliseconds since 1970, of up to 48 bits. */
export function moments(): Pick<PagedArray, 'get' | 'set' | 'bytes'> {
  const low = words()
  const high = shorts()
  return {
    get: (index) => high.get(index) * 2 ** 32 + low.get(index),
    set(index, ms) {
      low.set(index, ms % 2 ** 32)
      high.set(index, Math.floor(ms / 2 ** 32))
    },
    get bytes() {
      return low.bytes + high.bytes
    },
  }
}
