import { areUnlike } from '#domain/full-name.ts'
import { splitAddress } from '#domain/traffic/address.ts'
import { compareText } from '../receipt.ts'

/** One request as its facts tell it: a form that was sent, a message about a request, or both under one id. */
export interface Request {
  id: string
  isForm: boolean
  /** `form` for a form; else the kind its sender gave it. */
  kind: string
  at: number
  visitor: string
  session: string
  ga: string
  ym: string
  user: string
  phones: readonly string[]
  emails: readonly string[]
  /** The full name in it (`nameMark`); 0 without one. */
  name: number
  form_id: string
  url: string
  /** The message under the id of a form. */
  message?: { kind: string; at: number } | undefined
}

export interface SameAs {
  id: string
  rule: 'resent_form' | 'message_of_form' | 'resent_message'
  /** What both name. */
  by: string[]
  /** Negative when this one came first. */
  apart_ms: number
}

/** A form sent again, or a message told again, within this time is the same one: a double click, a retry. */
const RESENT_MAX_MS = 60_000

/** How far the clock of a form builder may be behind the tracker's. */
const MESSAGE_EARLY_MAX_MS = 60_000

/** A form builder tries three times, a minute apart, and may write its own moment; a CRM takes longer. */
const MESSAGE_LATE_MAX_MS = 600_000

/** No two requests further apart than this are one. */
export const REQUEST_NEAR_MAX_MS = Math.max(RESENT_MAX_MS, MESSAGE_EARLY_MAX_MS, MESSAGE_LATE_MAX_MS)

/** A chat or an order on a marketplace is a request of its own, however near a form. */
const kindsOfForms = new Set(['form', 'callback', 'email', 'other'])

/**
 * Which other request this one repeats: a form the same form of the same visitor just before it; a message the form it
 * is about, else the same message just before it. Both must name something in common and contradict each other in
 * nothing: phone, email, full name, visitor, page. `nearOf` gives all requests near one in time that might share a name with it.
 * Only the facts of what is near decide, never what else was found to be the same.
 */
export function findSameRequest(
  request: Request,
  nearOf: (request: Request) => readonly Request[],
): SameAs | undefined {
  const near = nearOf(request).filter((other) => other.id !== request.id)
  if (request.isForm)
    return nearest(
      request,
      near.filter((other) => isResentForm(request, other)),
      'resent_form',
    )
  const forms = near
    .filter((other) => other.isForm && isMessageOf(request, other))
    .filter((form) => !hasNearerMessage(request, form, nearOf(form)))
  return (
    nearest(request, forms, 'message_of_form') ??
    nearest(
      request,
      near.filter((other) => isResentMessage(request, other)),
      'resent_message',
    )
  )
}

/** What two requests both name, by kind. */
export function namedByBoth(a: Request, b: Request): string[] {
  return [
    ...(['visitor', 'session', 'user', 'ga', 'ym'] as const).filter((kind) => a[kind] !== '' && a[kind] === b[kind]),
    ...(meet(a.phones, b.phones) ? ['phone'] : []),
    ...(meet(a.emails, b.emails) ? ['email'] : []),
  ]
}

function nearest(request: Request, others: readonly Request[], rule: SameAs['rule']): SameAs | undefined {
  const [best] = others.toSorted((a, b) => distance(request, a) - distance(request, b) || compareText(a.id, b.id))
  return best && { id: best.id, rule, by: namedByBoth(request, best), apart_ms: request.at - best.at }
}

function isResentForm(form: Request, other: Request): boolean {
  return (
    other.isForm &&
    isEarlier(other, form) &&
    distance(other, form) <= RESENT_MAX_MS &&
    // Two forms of one page asked one after the other are two requests, and so are two visitors of one office. What the
    // site's own code tells has no form, and may be what the page told as well.
    (other.form_id === form.form_id || other.form_id === '' || form.form_id === '') &&
    other.visitor === form.visitor &&
    bearsTheSame(form, other) &&
    agree(form, other)
  )
}

/** What is pressed twice has the same in it: with a phone in the one and an email in the other, two have written in. */
function bearsTheSame(form: Request, other: Request): boolean {
  const isEmpty = ({ phones, emails }: Request) => phones.length === 0 && emails.length === 0
  return isEmpty(form) || isEmpty(other) || meet(form.phones, other.phones) || meet(form.emails, other.emails)
}

function isMessageOf(message: Request, form: Request): boolean {
  const late_ms = message.at - form.at
  return (
    kindsOfForms.has(message.kind) &&
    late_ms >= -MESSAGE_EARLY_MAX_MS &&
    late_ms <= MESSAGE_LATE_MAX_MS &&
    agree(message, form)
  )
}

/**
 * Whether the form has its message already: of two of one kind, more than a retry apart, the nearer one is about this
 * form and the other about a form that nobody saw.
 */
function hasNearerMessage(message: Request, form: Request, near: readonly Request[]): boolean {
  const isOther = (kind: string, at: number) => kind === message.kind && Math.abs(at - message.at) > RESENT_MAX_MS
  if (form.message && isOther(form.message.kind, form.message.at)) return true
  return near.some(
    (other) =>
      !other.isForm &&
      other.id !== message.id &&
      isOther(other.kind, other.at) &&
      distance(other, form) < distance(message, form) &&
      isMessageOf(other, form),
  )
}

function isResentMessage(message: Request, other: Request): boolean {
  return (
    !other.isForm &&
    other.kind === message.kind &&
    isEarlier(other, message) &&
    distance(other, message) <= RESENT_MAX_MS &&
    agree(message, other)
  )
}

/** Something in common, and nothing that speaks against it. */
function agree(a: Request, b: Request): boolean {
  if (a.phones.length > 0 && b.phones.length > 0 && !meet(a.phones, b.phones)) return false
  if (a.emails.length > 0 && b.emails.length > 0 && !meet(a.emails, b.emails)) return false
  if (areUnlike(a.name, b.name)) return false
  if (a.visitor !== '' && b.visitor !== '' && a.visitor !== b.visitor) return false
  return isOnePage(a.url, b.url) && namedByBoth(a, b).length > 0
}

/** Two pages of one host are two; an address elsewhere, such as a card in the CRM, says nothing. */
function isOnePage(a: string, b: string): boolean {
  const [one, other] = [splitAddress(a), splitAddress(b)]
  if (!one || !other || plainHost(one.host) !== plainHost(other.host)) return true
  return plainPath(one.path) === plainPath(other.path)
}

function plainHost(host: string): string {
  return host.toLowerCase().replace(/^www\./, '')
}

function plainPath(path: string): string {
  return path.toLowerCase().replace(/\/+$/, '')
}

function isEarlier(a: Request, b: Request): boolean {
  return a.at < b.at || (a.at === b.at && compareText(a.id, b.id) < 0)
}

function distance(a: Request, b: Request): number {
  return Math.abs(a.at - b.at)
}

function meet(a: readonly string[], b: readonly string[]): boolean {
  return a.some((value) => b.includes(value))
}
