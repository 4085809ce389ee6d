import { z } from 'zod'
import { normalizeGa, normalizeYm } from '#domain/client-id.ts'
import { normalizeEmail } from '#domain/email.ts'
import { type IdentifierKind, identifierKinds, personIdPattern } from '#domain/identifier.ts'
import { normalizePhone } from '#domain/phone.ts'
import { factId, instant, optionalText, siteId, text } from './fields.ts'

const personId = z.string().regex(personIdPattern, 'must be the id of a person')

const Split = z
  .object({
    identifier: z
      .object({ kind: z.enum(identifierKinds), value: text(400) })
      .nullish()
      .describe('An identifier that does not belong to the person'),
    person: personId.nullish().describe('Another person, who is not this one'),
  })
  .refine(({ identifier, person }) => !identifier !== !person, { message: 'give either an identifier or a person' })

/** What somebody says about a call, lead, deal or person. */
export const Annotation = z
  .object({
    id: factId,
    site: siteId,
    at: instant,
    on: z.object({ kind: z.enum(['call', 'lead', 'deal', 'person']), id: factId }),
    verdict: z.enum(['target', 'not_target', 'spam']).nullish(),
    tags: z.array(text(100)).max(50).nullish(),
    comment: optionalText(4000),
    dispute: optionalText(4000),
    merge: z
      .tuple([personId, personId], { error: 'must be the ids of two persons' })
      .refine(([a, b]) => a !== b, 'must be two different persons')
      .nullish()
      .describe(
        'Two persons who are one; older ids lead there too. Of merges and splits that contradict, the newest counts',
      ),
    split: Split.nullish().describe('What does not belong to the person this is on'),
  })
  .refine(saysSomething, {
    path: ['verdict'],
    message: 'give a verdict, tags, a comment, a dispute, a merge or a split',
  })
  .refine(({ on, merge, split }) => on.kind === 'person' || (!merge && !split), {
    path: ['on', 'kind'],
    message: 'must be person for a merge or a split',
  })
  .refine(({ on, merge, split }) => (!merge && !split) || personIdPattern.test(on.id), {
    path: ['on', 'id'],
    message: 'must be the id of a person for a merge or a split',
  })
  .refine(({ merge, split }) => !merge || !split, { path: ['split'], message: 'say a merge and a split one by one' })
  .refine(({ on, split }) => split?.person !== on.id, { path: ['split', 'person'], message: 'must be another person' })
  .meta({ id: 'Annotation', description: 'What somebody says about a call, lead, deal or person.' })

export type Annotation = z.output<typeof Annotation>

function saysSomething(said: Record<string, unknown>): boolean {
  const parts = ['verdict', 'tags', 'comment', 'dispute', 'merge', 'split']
  return parts.some((part) => said[part] !== undefined && said[part] !== null)
}

/** An identifier spelled as facts hold it; undefined when the text is none of its kind. */
export function readIdentifier(kind: IdentifierKind, value: string, region: string): string | undefined {
  if (kind === 'email') return normalizeEmail(value)
  if (kind === 'ga') return normalizeGa(value)
  if (kind === 'ym') return normalizeYm(value)
  if (kind !== 'phone') return value.trim() === '' ? undefined : value
  const phone = normalizePhone(value.trim(), region)
  return phone && (phone.extension === '' ? phone.phone : `${phone.phone};ext=${phone.extension}`)
}
