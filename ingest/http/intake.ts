import type { core } from 'zod'
import { formatPosition, joinPositions, parsePosition } from '#domain/position.ts'
import type { Batch, Log } from '#ingest/log/log.ts'
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
  accept(row: string, id?: string): void
  refuse(place: { index: number; event?: number }, refusal: Refusal): void
  /** Writes what has gathered if that is much: a long request must not be held in memory. */
  relieve(): Promise<void>
  /** The receipt; a Failure when nothing was accepted. */
  finish(): Promise<Receipt>
}

const HELD_ROWS_MAX = 4000
const HELD_LENGTH_MAX = 8 * 1024 ** 2

export interface IntakeOptions {
  fact: FactName
  table: FactTable
  log: Log
  metrics: IntakeMetrics
  /** Reasons that, when they alone kept everything out, are the answer themselves instead of `nothing_accepted`. */
  speaking: readonly ('site_not_found' | 'domain_not_allowed' | 'forbidden')[]
  /** After so many refusals nothing more is looked at: to say what is wrong takes longer than to send it. */
  refused_max?: number
}

/** What nobody honest sends from a page. */
export const REFUSED_FROM_BROWSERS_MAX = 1000

export function openIntake({ fact, table, log, metrics, speaking, refused_max }: IntakeOptions): Intake {
  const rejected: Rejection[] = []
  const reasons = new Set<RefusalReason>()
  let rows: string[] = []
  let ids: string[] = []
  let held_length = 0
  let accepted = 0
  let rejected_total = 0
  let position = ''

  return {
    accept(row, id) {
      rows.push(row)
      held_length += row.length
      if (id !== undefined) ids.push(id)
    },
    refuse(place, { reason, field, message }) {
      metrics.refused(fact, reason)
      reasons.add(reason)
      rejected_total += 1
      if (rejected.length < REJECTIONS_LISTED_MAX) rejected.push({ ...place, field, message })
      if (refused_max !== undefined && rejected_total >= refused_max) {
        throw nothingAccepted(rejected, rejected_total, spoken())
      }
    },
    async relieve() {
      if (rows.length >= HELD_ROWS_MAX || held_length >= HELD_LENGTH_MAX) await write()
    },
    async finish() {
      if (rows.length > 0) await write()
      if (accepted === 0) throw nothingAccepted(rejected, rejected_total, spoken())
      return { accepted, rejected_total, rejected, position }
    },
  }

  async function write(): Promise<void> {
    const batch: Batch = { table, rows, ...(ids.length > 0 && { ids }) }
    const count = rows.length
    rows = []
    ids = []
    held_length = 0
    const written = await log.append([batch])
    position = position === '' ? written : laterPosition(position, written)
    accepted += count
    metrics.accepted(fact, count)
  }

  function spoken(): IntakeOptions['speaking'][number] | undefined {
    const [only] = reasons.size === 1 ? reasons : []
    return speaking.find((reason) => reason === only)
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
