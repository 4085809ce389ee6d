import { z } from 'zod'
import {
  browserClientIds,
  factId,
  instant,
  optionalId,
  optionalPageUrl,
  optionalText,
  pageReferrer,
  pageUrl,
  siteId,
  text,
} from './fields.ts'
import { storableText } from './text.ts'

export const EVENTS_MAX = 200_000
export const TITLE_LENGTH_MAX = 4096
export const COOKIE_DOMAIN_LENGTH_MAX = 253
export const IP_LENGTH_MAX = 64
export const USER_AGENT_LENGTH_MAX = 2048
const SCROLL_PERCENT_MAX = 1000
const FORM_FIELDS_MAX = 300
const FORM_NAME_LENGTH_MAX = 200
const FORM_VALUE_LENGTH_MAX = 4000
const PROPS_LENGTH_MAX = 8192

const common = { id: factId, at: instant }

const PageEvent = z.object({
  type: z.literal('page'),
  ...common,
  url: pageUrl,
  referrer: pageReferrer,
  title: cutText(TITLE_LENGTH_MAX).nullish(),
})

const LeaveEvent = z.object({
  type: z.literal('leave'),
  ...common,
  url: optionalPageUrl,
  engaged_ms: z
    .number()
    .min(0)
    .max(7 * 24 * 3600 * 1000)
    .transform(Math.round)
    .nullish(),
  // A page that bounces at its end, or is shorter than its window, is seen to more than its end.
  scroll_percent: z
    .number()
    .min(0)
    .max(SCROLL_PERCENT_MAX)
    .transform((percent) => Math.min(100, Math.round(percent)))
    .nullish(),
})

/** Text that is cut, not refused, where its end carries no meaning: it must not cost the event. */
function cutText(length_max: number) {
  return z.string().transform((value) => storableText(value.slice(0, length_max)))
}

/** Long values are cut, not refused: a form is a lead, and what matters in it is short. */
const formValue = z
  .union([z.string(), z.number(), z.boolean()], { error: 'must be text' })
  .transform((value) => storableText(String(value).slice(0, FORM_VALUE_LENGTH_MAX)))

const FormEvent = z.object({
  type: z.literal('form'),
  ...common,
  url: optionalPageUrl,
  form: z.object({
    id: cutText(FORM_NAME_LENGTH_MAX).nullish(),
    name: cutText(FORM_NAME_LENGTH_MAX).nullish(),
    fields: z.record(z.string(), formValue).transform(cutFields).nullish(),
  }),
})

/** The first fields of a form, under names that can be stored. Of two that are cut to one name, the first stays. */
function cutFields(fields: Record<string, string>): Record<string, string> {
  const names = Object.keys(fields)
  const isUsual = names.length <= FORM_FIELDS_MAX && names.every((name) => name === storableText(cutName(name)))
  if (isUsual) return fields
  const cut = new Map<string, string>()
  for (const name of names) {
    if (cut.size === FORM_FIELDS_MAX) break
    const short = storableText(cutName(name))
    if (!cut.has(short)) cut.set(short, fields[name] as string)
  }
  return Object.fromEntries(cut)
}

function cutName(name: string): string {
  return name.slice(0, FORM_NAME_LENGTH_MAX)
}

const ClickEvent = z.object({
  type: z.literal('click'),
  ...common,
  url: optionalPageUrl,
  kind: z
    .enum(['phone', 'email', 'messenger', 'outbound', 'download'])
    .nullish()
    .describe('May be left out when `target` is an address with its scheme: it tells the kind'),
  target: cutText(2048).nullish(),
})

const CustomEvent = z.object({
  type: z.literal('custom'),
  ...common,
  url: optionalPageUrl,
  name: cutText(200).refine((name) => name !== '', 'must not be empty'),
  props: z
    .record(z.string().max(200), z.unknown())
    .transform((props, context) => {
      const written = JSON.stringify(props)
      if (written.length <= PROPS_LENGTH_MAX) return written
      context.issues.push({
        code: 'custom',
        message: `must be at most ${PROPS_LENGTH_MAX} characters of JSON`,
        input: props,
      })
      return z.NEVER
    })
    .nullish(),
})

const IdentifyEvent = z.object({
  type: z.literal('identify'),
  ...common,
  url: optionalPageUrl,
  phone: whoText(200),
  email: whoText(400),
  user: whoText(256),
})

/** What pages say of their visitors, as they come to it: numbers are common, and what is no text at all is left out. */
function whoText(length_max: number) {
  return z.union([z.string(), z.number()]).transform(String).pipe(text(length_max)).nullish().catch(undefined)
}

/** Something a visitor did on a page. */
export const TrackedEvent = z
  .discriminatedUnion('type', [PageEvent, LeaveEvent, FormEvent, ClickEvent, CustomEvent, IdentifyEvent])
  .meta({ id: 'Event', description: 'Something a visitor did on a page.' })

/** Events of one visitor in one session. */
export const EventBatch = z
  .object({
    site: siteId,
    visitor: factId.describe('The first-party id of the browser'),
    session: optionalId.describe('May be left out with a token: the server cuts sessions then'),
    client_ids: browserClientIds,
    sent_at: instant.nullish().describe('The clock of the sender; all `at` are corrected when it is more than 5 s off'),
    events: z.array(TrackedEvent).max(EVENTS_MAX),
    cookie_domain: optionalText(COOKIE_DOMAIN_LENGTH_MAX)
      .catch(undefined)
      .describe('The domain of the cookie `tl_visitor`, when the browser asks to have it set by the answer'),
    lease: z.boolean().nullish().describe('Whether the answer is to name the numbers to show'),
    ip: optionalText(IP_LENGTH_MAX).describe('With a token only: the address of the visitor'),
    user_agent: optionalText(USER_AGENT_LENGTH_MAX).describe('With a token only: the browser of the visitor'),
  })
  .meta({ id: 'EventBatch', description: 'Events of one visitor in one session.' })

/** A batch whose events are still to be looked at, one by one: a bad event must not cost its neighbours. */
export const EventEnvelope = EventBatch.extend({ events: z.array(z.unknown()).max(EVENTS_MAX) })

export type TrackedEvent = z.output<typeof TrackedEvent>
export type EventEnvelope = z.output<typeof EventEnvelope>
