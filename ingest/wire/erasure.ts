import { z } from 'zod'
import { normalizeEmail } from '#domain/email.ts'
import { normalizePhone } from '#domain/phone.ts'
import { factId, siteId, text } from './fields.ts'

const names = ['phone', 'email', 'visitor', 'person'] as const

/** Who is to be erased, by one of their identifiers. */
export const Erasure = z
  .object({
    site: siteId,
    phone: text(200).optional(),
    email: text(400).optional(),
    visitor: factId.optional(),
    person: factId.optional().describe('A person id, old ones too'),
  })
  .refine((asked) => names.filter((name) => asked[name] !== undefined).length === 1, {
    path: ['phone'],
    message: 'give one of phone, email, visitor, person',
  })
  .meta({ id: 'Erasure', description: 'Who is to be erased, by one of their identifiers.' })

export type Erasure = z.output<typeof Erasure>

/** How far an erasure is. */
export const ErasureProgress = z
  .object({
    id: z.string(),
    site: z.string(),
    state: z
      .enum(['waiting', 'removing', 'clearing', 'done', 'refused'])
      .describe(
        '`waiting` for facts accepted before it, `removing` rows, `clearing`: the rows are gone and their bytes not yet',
      ),
    reason: z
      .string()
      .optional()
      .describe(
        'Why it was refused: `identifier_shared`, `identifier_blocked`, `key_unknown`; or `late_facts`: there is more to remove',
      ),
    counts: z.record(z.string(), z.number().int()).describe('Rows removed, by table'),
    requested_at: z.string(),
    done_at: z.string().nullable().describe('When the last byte was gone'),
    position: z.string().optional(),
  })
  .meta({ id: 'ErasureProgress', description: 'How far an erasure is.' })

export type ErasureProgress = z.output<typeof ErasureProgress>

export interface Named {
  kind: (typeof names)[number]
  /** As facts hold it; undefined when the text is no such identifier. */
  value: string | undefined
}

/** The identifier in the one spelling that facts have. */
export function namedIdentifier(asked: Erasure, region: string): Named {
  if (asked.phone !== undefined) {
    const phone = normalizePhone(asked.phone.trim(), region)
    const value = phone && (phone.extension === '' ? phone.phone : `${phone.phone};ext=${phone.extension}`)
    return { kind: 'phone', value }
  }
  if (asked.email !== undefined) return { kind: 'email', value: normalizeEmail(asked.email) }
  if (asked.visitor !== undefined) return { kind: 'visitor', value: asked.visitor }
  return { kind: 'person', value: asked.person }
}
