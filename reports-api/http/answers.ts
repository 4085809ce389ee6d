import { z } from 'zod'
import { CallClock } from './call-clock.ts'
import { conflict, fraud, judgement, judgementIfLead, same, stage, uncredited, verdict } from './judgement-answers.ts'

// What reads answer with, for the reference alone: rows come from the store in this shape, and a check of each would cost
// more than reading it. A test holds them to what the routes really say.

const text = z.string()
const count = z.number()
const moment = z.string().describe('ISO 8601 UTC')
const money = z.string().nullable().describe('A decimal string')
const personOrNull = z.string().nullable().describe('The id of the person; null when it is nobody in particular')

const traffic = { source: text, medium: text, campaign: text, content: text, term: text, channel: text }
const tags = { source: text, medium: text, campaign: text, channel: text }
const client = { device: text, browser: text, os: text, country: text, region: text, city: text }
const matched = z.object({ session: text.nullable(), visitor: text.nullable(), person: text.nullable() })
const identifier = z.object({ kind: text, value: text })

export const SessionAnswer = z.object({
  id: text,
  visitor: text,
  person: personOrNull,
  started_at: moment,
  ended_at: moment,
  session_number: count.describe('Which visit of the person it is, from 1'),
  ...traffic,
  click_ids: z.record(z.string(), z.string()),
  landing_url: text,
  landing_path: text,
  referrer: text,
  referrer_host: text,
  project: text,
  ...client,
  pages: count,
  events: count,
  forms: count,
  engaged_ms: count,
  scroll_percent: count,
  bounce: z.boolean(),
  bot: z.boolean(),
  numbers: z.array(text).describe('The tracked numbers that were shown'),
  pool: text,
  client_ids: z.object({ ga: text.optional(), ym: text.optional(), ga_session: text.optional() }),
})

const reasons = [
  'number_on_screen',
  'number_in_reserve',
  'known_caller',
  'static_number',
  'sender_says',
  'several_candidates',
  'nobody_held_it',
  'not_tracked',
] as const

const call = {
  from: text.nullable().describe('Null when the number was withheld'),
  to: text,
  direction: z.enum(['in', 'out']),
  status: z.enum(['answered', 'missed', 'busy', 'failed']),
  duration: count,
  talk: count,
  wait: count,
  recording_url: text.nullable(),
  operator: text,
  provider: text,
  tags: z.array(text),
  pool: text,
  ...tags,
  match: matched.extend({
    confidence: z.number().min(0).max(1),
    reason: z.enum(reasons),
    explanation: z.object({ en: text, ru: text }).describe('The reason, the signs and the clock in words'),
    signs: z
      .array(z.enum(['phone_link_clicked', 'caller_known', 'number_kept', 'others_possible', 'held_by_bot']))
      .describe('What else spoke for the match, or against it'),
    clock_skew_ms: z
      .number()
      .describe(
        'How far the provider’s clock was ahead; taken off before the call was matched. Whole quarter hours of it (a clock set to another zone) are taken off `at` as well',
      ),
    candidates: z.array(z.record(z.string(), z.unknown())).describe('The runners-up'),
  }),
}

export const CallAnswer = z.object({ id: text, at: moment, ...call, ...judgementIfLead })

export const OneCallAnswer = CallAnswer.extend({ clock: CallClock })

const form = z.object({ id: text, name: text, fields: z.record(z.string(), z.string()) })

export const LeadAnswer = z.object({
  id: text,
  at: moment,
  kind: z.enum(['chat', 'callback', 'marketplace', 'email', 'form', 'other']),
  name: text,
  phone: text,
  email: text,
  url: text,
  text,
  ...tags,
  form: form.optional(),
  project: text,
  ...judgement,
  also: z.array(text).describe('Other ids of the same request; this answer is found by each of them'),
  same: same.describe('Why they are the same request'),
  person: personOrNull,
  match: matched,
})

const dealStatus = z.enum(['open', 'won', 'lost'])

export const DealAnswer = z.object({
  id: text,
  created_at: moment,
  closed_at: moment.nullable(),
  at: moment.describe('When it changed last'),
  status: dealStatus,
  stage: text,
  reason: text,
  amount: money,
  currency: text,
  project: text,
  manager: text,
  url: text,
  contact: z.object({ id: text, name: text, phones: z.array(text), emails: z.array(text) }),
  call: text,
  lead: text,
  stages: z.array(stage).describe('The path it took, from the oldest'),
  touches: count,
  uncredited,
  conflicts: z.array(conflict).optional().describe('Of one deal: keys that lead elsewhere than the one that counts'),
  person: personOrNull,
  match: matched,
})

export const FactAnswer = z.object({
  versions: z
    .array(z.object({ received_at: moment, body: z.unknown().describe('As it was received') }))
    .describe('From the first received'),
})

export const ConversionAnswer = z.object({
  id: text,
  kind: z.enum(['lead', 'deal']),
  fact: z.enum(['lead', 'call', 'deal']),
  at: moment,
  closed_at: moment.nullable(),
  lead_kind: text,
  status: text,
  stage: text,
  reason: text,
  manager: text,
  project: text,
  value: money,
  currency: text,
  person: personOrNull,
  visitor: text.nullable(),
  session: text.nullable(),
  first: z.boolean(),
  target: z.boolean(),
  talk: count,
  number: text,
  pool: text,
  touches: count,
  uncredited,
  also: z.array(text).describe('Other ids of the same request'),
  verdict: verdict.optional().describe('Of leads'),
  fraud: fraud.optional().describe('Of leads'),
})

export const LeaseAnswer = z.object({
  id: text,
  change: z.enum(['taken', 'renewed', 'released', 'imported', 'missed']),
  pool: text,
  number: text.describe('Empty for a session that no number was left for'),
  visitor: text,
  session: text,
  from: moment,
  seen: moment,
  to: moment,
})

export const IdentityAnswer = identifier.extend({ person: personOrNull, shared: z.literal(true).optional() })

export const TouchpointAnswer = z.object({
  conversion: text,
  conversion_kind: z.enum(['lead', 'deal']),
  conversion_fact: z.enum(['lead', 'call', 'deal']),
  conversion_at: moment,
  status: text,
  value: money,
  currency: text,
  person: personOrNull,
  position: count.describe('From 1; 0 is what no touch is credited with'),
  length: count,
  at: moment,
  session: text.nullable().optional(),
  call: text.optional().describe('In place of the session, when the touch was a call to a static number'),
  ...traffic,
  weight: z.number().min(0).max(1).optional().describe('With a model'),
  credit: z.string().optional().describe('With a model: the part of the value, as a decimal string'),
})

const step = { at: moment, id: text }
const ofSession = { ...step, session: text.nullable(), url: text }

const TimelineEntry = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('session'),
    ...step,
    visitor: text,
    ...traffic,
    ...client,
    pages: count,
    numbers: z.array(text),
    ended_at: moment,
    landing_url: text,
    referrer: text,
    engaged_ms: count,
    bounce: z.boolean(),
  }),
  z.object({ kind: z.literal('page'), ...ofSession, title: text }),
  z.object({
    kind: z.literal('form'),
    ...ofSession,
    form,
    name: text,
    phone: text,
    email: text,
    ...judgementIfLead,
    same_as: text.optional().describe('The lead that it repeats'),
    same: same.optional().describe('Under which other ids it was told, and why they are one'),
  }),
  z.object({ kind: z.literal('click'), ...ofSession, click: z.object({ kind: text, target: text }) }),
  z.object({ kind: z.literal('custom'), ...ofSession, name: text, props: z.unknown() }),
  z.object({ kind: z.literal('call'), ...step, session: text.nullable(), ...call, ...judgementIfLead }),
  z.object({
    kind: z.literal('lead'),
    ...step,
    lead_kind: text,
    session: text.nullable(),
    name: text,
    phone: text,
    email: text,
    url: text,
    text,
    ...tags,
    ...judgementIfLead,
    same: same.optional(),
  }),
  z.object({
    kind: z.literal('deal'),
    ...step,
    status: dealStatus,
    stage: text.nullable(),
    reason: text.nullable(),
    currency: text.nullable(),
    project: text.nullable(),
    manager: text.nullable(),
    amount: money,
  }),
  z.object({
    kind: z.literal('postback'),
    ...step,
    destination: text,
    event: text,
    deal: text,
    state: text,
    attempts: count,
    tried_at: moment.nullable(),
    answer_status: count.nullable(),
    error: text,
  }),
  z.object({
    kind: z.literal('note'),
    ...step,
    on: z.object({ kind: text, id: text }),
    verdict: text,
    tags: z.array(text),
    comment: text,
    dispute: text,
    merge: z.array(text).describe('Persons who were said to be one'),
    split: z.object({ kind: text, value: text }).nullable().describe('What was said not to be this person'),
  }),
])

const because = z.object({ fact: text, id: text, at: moment, with: identifier.nullable() })

export const PersonAnswer = z.object({
  id: text,
  names: z.array(text),
  identifiers: z.array(identifier.extend({ since: moment, because })),
  timeline: z.array(TimelineEntry).describe('From the oldest'),
  cursor: text.nullable().describe('Send it back for what happened next; null at the end'),
  deals: z.array(
    z.object({
      id: text,
      status: dealStatus,
      stage: text,
      reason: text,
      amount: money,
      currency: text,
      project: text,
      manager: text,
      created_at: moment,
      closed_at: moment.nullable(),
      uncredited,
    }),
  ),
  revenue: z.string().describe('Of won deals in the currency of the site, as a decimal string'),
  currency: text,
})

const whyStep = z.object({
  ...{ from: identifier, to: identifier, fact: text, id: text, at: moment, received_at: moment },
  rule: z
    .enum(['by_hand', 'crm', 'call', 'lead', 'same_request', 'lease', 'server', 'browser'])
    .describe('Who says that the two belong together'),
  joins: z.boolean(),
  reason: text.describe('`joined`, or why the fact does not join the two'),
})

const sharedIdentifier = identifier.extend({
  rule: text.describe(
    'A kind: too many of it; `uses`: too many facts; `role`: a firm’s email, such as `info@`; `clients`: clients whose deals name it; `names`: people of other names, each with another phone or email; `strangers`, `strangers_in_week`: people who have nothing else in common; `several_people`: of a visit, who left their names in it; `several_told`: of a visit, who a server says did; `visits_of_several`: of a browser, such visits; `shared_browser`: of a counter’s id, browsers that are shared',
  ),
  max: count.describe('How many the rule allows'),
  around: z.record(z.string(), count).describe('How many of each kind facts name together with it'),
})

export const WhyAnswer = z.object({
  joined: z.boolean(),
  person: text.nullable(),
  persons: z.object({ a: text.nullable(), b: text.nullable() }),
  chain: z.array(whyStep),
  reason: z
    .enum([
      'identifier_shared',
      'identifier_blocked',
      'two_contacts',
      'two_people',
      'person_full',
      'staff',
      'split_by_hand',
      'unsure_match',
      'no_chain',
    ])
    .optional()
    .describe('Why they are not joined'),
  broken_chain: z.array(whyStep).optional().describe('What leads from one to the other all the same'),
  broken: whyStep
    .extend({ shared: sharedIdentifier.optional() })
    .optional()
    .describe('Its first step that does not join'),
  held_back: z
    .array(z.object({ a: identifier, b: identifier, fact: text, id: text, at: moment, reason: text }))
    .optional()
    .describe('Facts that name two identifiers and yet do not join them'),
})

export const StatusAnswer = z.object({
  site: text,
  position: text.nullable().describe('How far the history of the site is; null while ClickHouse is away'),
  positions: z.array(text).describe('The same of every log'),
  lag_ms: count.nullable().describe('How long the oldest fact waits that history does not include'),
  log: z
    .object({
      node: text,
      bytes: count,
      age_ms: count,
      segments_waiting: count,
      full: z.boolean(),
      last_flush_error: text.nullable(),
    })
    .optional(),
  matching: z.record(z.string(), z.unknown()).nullable().optional(),
})
