import { z } from 'zod'
import { NumberOnPage } from './numbers.ts'

export const REJECTIONS_LISTED_MAX = 1000

/** A fact that was not taken. */
export const Rejection = z
  .object({
    index: z.number().int().describe('The element, line or record, from 0; 0 for one object'),
    event: z.number().int().optional().describe('The place in `events`'),
    field: z.string(),
    message: z.string(),
  })
  .meta({ id: 'Rejection', description: 'A fact that was not taken, and why.' })

/** The answer to a write, sent once the accepted facts are on disk. */
export const Receipt = z
  .object({
    accepted: z.number().int(),
    rejected_total: z.number().int(),
    rejected: z.array(Rejection).describe(`The first ${REJECTIONS_LISTED_MAX}`),
    position: z.string().describe('Read with ?after=POSITION to see this write'),
    lines: z.number().int().optional().describe('Of an import: the lines before this one are durable'),
    numbers: z.array(NumberOnPage).optional().describe('When `lease` was true'),
  })
  .meta({ id: 'Receipt', description: 'The accepted facts are on disk.' })

/** A receipt as JSON. The usual one, of events that were all taken, is put together by hand. */
export function writeReceipt(receipt: Receipt): string {
  const { accepted, rejected_total, position, lines, numbers } = receipt
  if (rejected_total > 0 || lines !== undefined || numbers !== undefined) return JSON.stringify(receipt)
  // A position is made of letters, digits, dots and dashes.
  return `{"accepted":${accepted},"rejected_total":0,"rejected":[],"position":"${position}"}`
}

export type Rejection = z.output<typeof Rejection>
export type Receipt = z.output<typeof Receipt>
