import type { Access } from '#shell/access.ts'

/** What a reader without the scope `personal` sees instead of phones, emails, names, recordings and free text. */
export interface Mask {
  phone(value: string): string
  email(value: string): string
  name(value: string): string
  /** An address of a recording, or null. */
  recording(value: string): string | null
  /** Free text and addresses of pages, in which phones and emails may stand. */
  text(value: string): string
  /** What somebody typed into a form. */
  typed(value: string): string
  identifier(kind: string, value: string): string
  /** A row in whose tags, paths and reasons anything may stand that an address or a CRM brought. */
  free<Row extends object>(row: Row): Row
  /** Any JSON as it was received. */
  body(value: unknown): unknown
}

const hidden = '•••'

/** The mask for whoever asks. */
export function maskFor(access: Access | undefined): Mask {
  return access?.allows('personal') ? nothingHidden : personalHidden
}

const nothingHidden: Mask = {
  phone: same,
  email: same,
  name: same,
  recording: (value) => value || null,
  text: same,
  typed: same,
  identifier: (_, value) => value,
  free: (row) => row,
  body: (value) => value,
}

const personalHidden: Mask = {
  phone: (value) => (value === '' ? '' : `${value.slice(0, 2)}${hidden}${value.slice(-2)}`),
  email: maskEmail,
  name: (value) => (value === '' ? '' : `${[...value][0]}${hidden}`),
  recording: () => null,
  text: maskText,
  typed: (value) => (value === '' ? '' : hidden),
  identifier: (kind, value) => {
    if (kind === 'phone') return personalHidden.phone(value)
    // Client ids of counters are made of digits, and are nobody's phone.
    if (kind === 'ga' || kind === 'ym') return value
    return kind === 'email' ? maskEmail(value) : maskText(value)
  },
  free: maskFree,
  body: (value) => maskBody(value),
}

const freeFields = [
  'source',
  'medium',
  'campaign',
  'content',
  'term',
  'landing_path',
  'referrer_host',
  'stage',
  'reason',
  'manager',
  'operator',
  'name',
  'tags',
] as const

function maskFree<Row extends object>(row: Row): Row {
  const masked = { ...row } as Record<string, unknown>
  for (const field of freeFields) {
    const value = masked[field]
    if (typeof value === 'string') masked[field] = maskText(value)
    if (Array.isArray(value)) masked[field] = value.map((part) => (typeof part === 'string' ? maskText(part) : part))
  }
  return masked as Row // Only texts were replaced, by texts.
}

function same(value: string): string {
  return value
}

function maskEmail(value: string): string {
  if (value === '') return ''
  const at = value.lastIndexOf('@')
  return at < 1 ? hidden : `${[...value][0]}${hidden}${value.slice(at)}`
}

/** Emails, and runs of ten to fifteen digits however they are spaced, wherever they stand; in addresses also escaped. */
function maskText(value: string): string {
  return maskEmails(value).replace(phoneInText, hidden)
}

// Bounded by digits and not by words: «lead_79261112233» holds a phone too. Longer runs are click ids.
const phoneInText = /(?:\+|%2B)?(?<!\d)\d(?:(?:[\s().+\-‐-―−]|%20|%28|%29|%2B)*\d){9,14}(?!\d)/giu
const emailEnd = /(?:@|%(?:25)*40)[\p{L}\p{N}.-]+\.\p{L}{2,}/giu
const besideEmail = /[\s@"'<>?&=/:;,]/

/** From each `@` leftwards: a pattern that began at the left would look at a long text once for each of its letters. */
function maskEmails(value: string): string {
  let shown = ''
  let rest_at = 0
  for (const { 0: end, index } of value.matchAll(emailEnd)) {
    let start = index
    while (start > rest_at && !besideEmail.test(value.charAt(start - 1))) start--
    if (start === index) continue
    shown += value.slice(rest_at, start) + hidden
    rest_at = index + end.length
  }
  return shown + value.slice(rest_at)
}

/** Fields whose values are about a person whatever they hold. */
const personalKeys = new Set(
  `phone phones email emails name first_name last_name contact_name from from_extension to text comment dispute body
  recording_url fields form_fields ip user caller callee`.split(/\s+/),
)

/** Fields of ours that are read as text. What senders call by other names may be anything, such as a surname. */
const openKeys = new Set(
  `id site type kind at received_at sent_at created_at date seen url referrer title source medium campaign content term channel
  referrer_host click_ids client_ids ga ga_session ym click_kind click_target target form_id form_name visitor session call lead deal
  contact_id direction status stage reason verdict amount currency cost project manager operator provider tags pool number
  change device browser os country region city user_agent on_kind on_id props`.split(/\s+/),
)

type Openness = 'personal' | 'open' | 'unknown'

function maskBody(value: unknown, openness: Openness = 'unknown'): unknown {
  if (typeof value === 'string') return openness === 'open' ? maskText(value) : personalHidden.typed(value)
  if (typeof value === 'number') {
    return openness === 'personal' || maskText(String(value)) === hidden ? hidden : value
  }
  if (Array.isArray(value)) return value.map((item) => maskBody(item, openness))
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, maskField(key, item, openness)]))
}

function maskField(key: string, value: unknown, around: Openness): unknown {
  const name = key.toLowerCase()
  // Events keep what a page said of itself as text: its fields are masked like any others.
  if (name === 'props' && typeof value === 'string') return maskJson(value)
  if (around === 'personal' || personalKeys.has(name)) return maskBody(value, 'personal')
  return maskBody(value, around === 'open' || openKeys.has(name) ? 'open' : 'unknown')
}

function maskJson(text: string): string {
  try {
    return text === '' ? '' : JSON.stringify(maskBody(JSON.parse(text)))
  } catch {
    return hidden
  }
}
