import type { core } from 'zod'
import type { ByteText } from '#domain/byte-text.ts'
import { formatPosition, joinPositions, parsePosition } from '#domain/position.ts'
import type { Log } from '#ingest/log/log.ts'
import { REJECTIONS_LISTED_MAX, type Receipt, type Rejection } from '#ingest/wire/receipt.ts'
import { Failure } from '#shell/failure.ts'
import type { FactTable } from '#storage/fact-tables.ts'
import type { FactName, IntakeMetrics, RefusalReason } from './intake-metrics.ts'

/** Why a fact is not taken. */
export interface Refusal {
  field: string
  message: string
  reason: RefusalReason
}

/** Gathers the rows of one request, and writes them when they are many or all there. */
export interface Intake {
  /** `row` is text from `encodeRow`; `id` takes part in the window of repeats. */
  accept(row: ByteText, id?: string): void
  refuse(place: { index: number; event?: number }, refusal: Refusal): void
  /** Writes what has gathered if that is much: a long request must not be held in memory. May end before the write. */
  relieve(): Promise<void> | undefined
  /** The receipt; a Failure when nothing was accepted. */
  finish(): Promise<Receipt>
}

/** Short enough that rows are on the disk before the garbage collector has carried them about. */
const HELD_ROWS_MAX = 1000
const HELD_LENGTH_MAX = 4 * 1024 ** 2

export interface IntakeOptions {
  fact: FactName
  table: FactTable
  log: Log
  metrics: IntakeMetrics
  /** Reasons that, when they alone kept everything out, are the answer themselves instead of `nothing_accepted`. */
  speaking: readonly ('site_not_found' | 'domain_not_allowed' | 'forbidden')[]
  /** After so many refusals nothing more is looked at: to say what is wrong takes longer than to send it. */
  refused_max?: number | undefined
}

/** What nobody honest sends from a page. */
export const REFUSED_FROM_BROWSERS_MAX = 1000

export function openIntake(options: IntakeOptions): Intake {
  return new RequestIntake(options)
}

class RequestIntake implements Intake {
  readonly #options: IntakeOptions
  readonly #rejected: Rejection[] = []
  #reasons: Set<RefusalReason> | undefined
  #rows: ByteText[] = []
  #ids: string[] = []
  #held_length = 0
  #accepted = 0
  #rejected_total = 0
  #position = ''
  #writing: Promise<void> | undefined

  constructor(options: IntakeOptions) {
    this.#options = options
  }

  accept(row: ByteText, id?: string): void {
    this.#rows.push(row)
    this.#held_length += row.length
    if (id !== undefined) this.#ids.push(id)
  }

  refuse(place: { index: number; event?: number }, { reason, field, message }: Refusal): void {
    this.#options.metrics.refused(this.#options.fact, reason)
    this.#reasons ??= new Set()
    this.#reasons.add(reason)
    this.#rejected_total += 1
    if (this.#rejected.length < REJECTIONS_LISTED_MAX) this.#rejected.push({ ...place, field, message })
    if (this.#rejected_total >= (this.#options.refused_max ?? Number.POSITIVE_INFINITY)) {
      throw nothingAccepted(this.#rejected, this.#rejected_total, this.#spoken())
    }
  }

  relieve(): Promise<void> | undefined {
    return this.#rows.length >= HELD_ROWS_MAX || this.#held_length >= HELD_LENGTH_MAX ? this.#write() : undefined
  }

  finish(): Promise<Receipt> {
    const [rows, ids] = [this.#rows, this.#ids]
    if (this.#writing || rows.length === 0) return this.#finishLong()
    // Nearly every request. Chained by hand: an async function would cost it more than its receipt.
    return this.#append(rows, ids).then((position) => {
      this.#landed(position, rows.length)
      return this.#receipt()
    })
  }

  async #finishLong(): Promise<Receipt> {
    const begun = this.#rows.length > 0 ? this.#write() : undefined
    if (begun) await begun
    await this.#writing
    return this.#receipt()
  }

  #receipt(): Receipt {
    const [rejected_total, rejected] = [this.#rejected_total, this.#rejected]
    if (this.#accepted === 0) throw nothingAccepted(rejected, rejected_total, this.#spoken())
    return { accepted: this.#accepted, rejected_total, rejected, position: this.#position }
  }

  /** Begins a write when the one before it has ended: the disk has one while the next lines are read. */
  #write(): Promise<void> | undefined {
    const [rows, ids] = [this.#rows, this.#ids]
    this.#rows = []
    this.#ids = []
    this.#held_length = 0
    const begin = () => {
      this.#writing = this.#append(rows, ids).then((position) => this.#landed(position, rows.length))
      // Whoever waits for it next is told.
      this.#writing.catch(() => {})
    }
    if (this.#writing) return this.#writing.then(begin)
    begin()
    return undefined
  }

  #append(rows: ByteText[], ids: string[]): Promise<string> {
    const { table, log } = this.#options
    return log.append([ids.length > 0 ? { table, rows, ids } : { table, rows }])
  }

  #landed(position: string, rows: number): void {
    this.#position = this.#position === '' ? position : laterPosition(this.#position, position)
    this.#accepted += rows
    this.#options.metrics.accepted(this.#options.fact, rows)
  }

  #spoken(): IntakeOptions['speaking'][number] | undefined {
    const [only] = this.#reasons?.size === 1 ? this.#reasons : []
    return this.#options.speaking.find((reason) => reason === only)
  }
}

/** The position that both writes have reached. */
export function laterPosition(a: string, b: string): string {
  if (a === b) return a
  return formatPosition(joinPositions(parsePosition(a) ?? [], parsePosition(b) ?? []))
}

/** Told without the schema, whose findings take long to write: a list of a million numbers is no list of facts. */
export const noObject: Refusal = { field: 'body', message: 'must be an object', reason: 'invalid' }

/** What zod found, as field and message. Only the first fault of a fact is told. */
export function invalid(error: core.$ZodError): Refusal {
  const [issue] = error.issues
  const field = issue?.path.map(String).join('.') || 'body'
  return {
    field: field.slice(0, FIELD_LENGTH_MAX),
    message: plainMessage(issue?.message ?? 'is not valid'),
    reason: 'invalid',
  }
}

/** Keys of a hostile body can be as long as the body. */
const FIELD_LENGTH_MAX = 200

function plainMessage(message: string): string {
  return /received undefined$/.test(message) ? 'is missing' : message
}

function nothingAccepted(
  rejected: Rejection[],
  rejected_total: number,
  spoken: IntakeOptions['speaking'][number] | undefined,
): Failure {
  const [first] = rejected
  if (!first)
    return new Failure('nothing_accepted', 'The body holds no facts.', {
      field: 'body',
      details: { rejected_total, rejected },
    })
  const sentence = spoken ? first.message : `Nothing was accepted; first: ${first.field} ${first.message}`
  return new Failure(spoken ?? 'nothing_accepted', sentence, {
    field: first.field,
    details: { rejected_total, rejected },
  })
}
