import type { ByteText } from '#domain/byte-text.ts'
import { number_places } from './row-number.ts'

/** Rows that go to a file with one write. */
export interface Taken<Owner> {
  data: Buffer
  rows: number
  /** Whose they are, in their order. */
  parts: { owner: Owner; rows: number }[]
  /** To be called when `data` is needed no longer. */
  release(): void
}

/** Memory that rows are written into one after the other. It is used again when nothing in it waits any more. */
interface Slab {
  bytes: Buffer
  end: number
  runs: number
}

/** Rows of one owner that lie side by side. */
interface Run<Owner> {
  slab: Slab
  owner: Owner
  start: number
  /** Where each row ends. */
  ends: number[]
  taken: number
}

const [bracket, comma, line_end, blank, zero] = Buffer.from('[,\n 0') as unknown as number[] &
  [number, number, number, number, number]

/**
 * Rows that wait for the disk, as they will stand there. They are turned into bytes when they come, so that no text lives
 * long enough for the garbage collector to carry it about, and are written to the file from where they are.
 */
export class StagedRows<Owner> {
  readonly #slab_bytes: number
  #runs: Run<Owner>[] = []
  #slab: Slab | undefined
  #spare: Slab | undefined

  /** A row that is longer than a slab gets one of its own. */
  constructor(slab_bytes: number) {
    this.#slab_bytes = slab_bytes
  }

  get isEmpty(): boolean {
    return this.#runs.length === 0
  }

  add(rows: readonly ByteText[], owner: Owner): void {
    let run: Run<Owner> | undefined
    for (const row of rows) {
      const slab = this.#slabFor(row.length + number_places + 3)
      const { bytes, end: row_start } = slab
      // The number is put in with the commit.
      bytes[row_start] = bracket
      const start = row_start + 1 + number_places
      bytes[start] = comma
      const end = start + 1 + bytes.write(row, start + 1, 'latin1')
      bytes[end] = line_end
      slab.end = end + 1
      if (run?.slab === slab) {
        run.ends.push(slab.end)
        continue
      }
      run = { slab, owner, start: row_start, ends: [slab.end], taken: 0 }
      slab.runs++
      this.#runs.push(run)
    }
  }

  /** Takes as many rows as go into one write, and numbers them from `first_row` on. Some must wait. */
  take(first_row: number, rows_max: number, bytes_max: number): Taken<Owner> {
    const [first] = this.#runs as [Run<Owner>]
    const { slab } = first
    const parts: Taken<Owner>['parts'] = []
    const start = startOf(first)
    let end = start
    let rows = 0
    let done = 0
    for (const run of this.#runs) {
      if (run.slab !== slab || startOf(run) !== end) break
      const before = rows
      while (run.taken < run.ends.length && rows < rows_max) {
        const next = run.ends[run.taken] as number
        if (rows > 0 && next - start > bytes_max) break
        number(slab.bytes, end, first_row + rows)
        end = next
        run.taken++
        rows++
      }
      if (rows > before) parts.push({ owner: run.owner, rows: rows - before })
      if (run.taken < run.ends.length) break
      done++
    }
    this.#runs.splice(0, done)
    return { data: slab.bytes.subarray(start, end), rows, parts, release: () => this.#release(slab, done) }
  }

  /** Forgets all that waits, and names each owner once. */
  dropAll(tell: (owner: Owner) => void): void {
    const owners = new Set(this.#runs.map(({ owner }) => owner))
    this.drop(owners)
    for (const owner of owners) tell(owner)
  }

  /** Forgets what these have waiting. */
  drop(owners: ReadonlySet<Owner>): void {
    for (const { slab, owner } of this.#runs) if (owners.has(owner)) this.#release(slab, 1)
    this.#runs = this.#runs.filter(({ owner }) => !owners.has(owner))
  }

  #slabFor(bytes_max: number): Slab {
    const current = this.#slab
    if (current?.runs === 0) current.end = 0
    if (current && current.end + bytes_max <= current.bytes.length) return current
    if (bytes_max > this.#slab_bytes) {
      this.#slab = newSlab(bytes_max)
    } else {
      this.#slab = this.#spare ?? newSlab(this.#slab_bytes)
      this.#spare = undefined
    }
    return this.#slab
  }

  #release(slab: Slab, runs: number): void {
    slab.runs -= runs
    if (slab.runs > 0 || slab === this.#slab || slab.bytes.length > this.#slab_bytes) return
    slab.end = 0
    this.#spare = slab
  }
}

function newSlab(bytes: number): Slab {
  return { bytes: Buffer.allocUnsafeSlow(bytes), end: 0, runs: 0 }
}

function startOf({ start, ends, taken }: Run<unknown>): number {
  return taken === 0 ? start : (ends[taken - 1] as number)
}

/** Writes the number of a row into the place that was left for it, flush right. */
function number(bytes: Buffer, row_start: number, value: number): void {
  let rest = value
  for (let at = row_start + number_places; at > row_start; at--) {
    bytes[at] = rest > 0 || at === row_start + number_places ? zero + (rest % 10) : blank
    rest = Math.trunc(rest / 10)
  }
}
