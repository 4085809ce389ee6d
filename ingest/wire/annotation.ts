import { z } from 'zod'
import { factId, instant, optionalText, siteId, text } from './fields.ts'

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
    merge: notYet('merging persons by hand'),
    split: notYet('splitting persons by hand'),
  })
  .refine(saysSomething, { path: ['verdict'], message: 'give a verdict, tags, a comment or a dispute' })
  .meta({ id: 'Annotation', description: 'What somebody says about a call, lead, deal or person.' })

export type Annotation = z.output<typeof Annotation>

function notYet(what: string) {
  return z
    .unknown()
    .refine((value) => value === undefined || value === null, `${what} is not supported yet`)
    .optional()
    .describe('Not supported yet')
}

function saysSomething(said: { verdict?: unknown; tags?: unknown; comment?: unknown; dispute?: unknown }): boolean {
  return [said.verdict, said.tags, said.comment, said.dispute].some((part) => part !== undefined && part !== null)
}
