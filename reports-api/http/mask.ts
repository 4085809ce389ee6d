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
    return kind === 'email' ? maskEmail(value) : maskText(value)
  },
  body: maskBody,
}

function same(value: string): string {
  return value
}

function maskEmail(value: string): string {
  if (value === '') return ''
  const at = value.lastIndexOf('@')
  return at < 1 ? hidden : `${[...value][0]}${hidden}${value.slice(at)}`
}

/** Emails, and runs of seven digits and more however they are spaced, wherever they stand; in addresses also escaped. */
function maskText(value: string): string {
  return value
    .replace(/[^\s@"'<>?&=/:;,]+(?:@|%40)[\p{L}\p{N}.-]+\.[\p{L}]{2,}/giu, hidden)
    .replace(/(?:\+|%2B|\b)\d(?:(?:[\s().-]|%20|%28|%29|%2B)*\d){9,14}\b/giu, hidden)
}

const personalKeys = new Set(
  `phone phones email emails name first_name last_name contact_name from to text comment body recording_url fields ip user
  caller callee`.split(/\s+/),
)

function maskBody(value: unknown, isPersonal = false): unknown {
  if (typeof value === 'string') return isPersonal ? personalHidden.typed(value) : maskText(value)
  if (typeof value === 'number') return isPersonal ? hidden : value
  if (Array.isArray(value)) return value.map((item) => maskBody(item, isPersonal))
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      maskBody(item, isPersonal || personalKeys.has(key.toLowerCase())),
    ]),
  )
}
