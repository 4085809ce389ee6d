import { z } from 'zod'

// What reads answer with about how a request is judged, for the reference alone (answers.ts).

const text = z.string()

const sign = z.object({
  sign: text.describe('Which one; the list is in docs/fraud.md'),
  label: z.object({ en: text, ru: text }),
  weight: z.number().min(0).max(1).describe('The share it takes of the trust that the other signs left'),
  evidence: z.record(z.string(), z.unknown()).describe('The numbers and ids it was seen in'),
})

export const fraud = z.object({
  score: z.number().int().min(0).max(100).describe('100 · (1 − Π(1 − weight)); from 50 on suspicious'),
  signs: z.array(sign).describe('The heaviest first'),
})

export const verdict = z.object({
  auto: z.enum(['target', 'not_target']).describe('By the rules of the site'),
  manual: z
    .enum(['target', 'not_target', 'spam'])
    .nullable()
    .describe('By a person: the newest, which outranks the rules'),
})

/** Of calls and leads. */
export const judgement = { first: z.boolean(), target: z.boolean(), verdict, fraud }

/** Of calls: those of the company's own are no leads. */
export const judgementIfLead = {
  first: z.boolean().optional(),
  target: z.boolean().optional(),
  verdict: verdict.optional(),
  fraud: fraud.optional(),
}

export const same = z.array(
  z.object({
    id: text,
    same_as: text.describe('The id it repeats'),
    rule: z.enum(['resent_form', 'message_of_form', 'resent_message']),
    by: z.array(text).describe('What both name: visitor, session, phone, email …'),
    apart_ms: z.number(),
  }),
)

export const stage = z.object({
  at: text,
  status: z.enum(['open', 'won', 'lost']),
  stage: text,
  reason: text,
  amount: z.string().nullable(),
  currency: text,
})

export const conflict = z.object({
  kind: text,
  value: text,
  reason: z.enum(['two_contacts', 'shared', 'blocked']),
  person: text.nullable(),
})

const reasons = ['no_touches', 'before_tracking', 'beyond_lookback'] as const

export const uncredited = z
  .enum(reasons)
  .nullable()
  .describe('Why no touch can be credited: none is known, the first came after it, all are older than 180 days')
