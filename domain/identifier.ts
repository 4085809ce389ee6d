import { createHash } from 'node:crypto'

/** What can name a person, a browser or an event of theirs. */
export const identifierKinds = [
  'visitor',
  'ga',
  'ym',
  'user',
  'phone',
  'email',
  'contact',
  'session',
  'lead',
  'call',
  'deal',
] as const

export type IdentifierKind = (typeof identifierKinds)[number]

const placeholders = new Set(
  `null nil none undefined nan true false unknown anonymous anon guest visitor user test default empty n/a na id xxx
  not_set [object`.split(/\s+/),
)

/**
 * Whether a value stands for «no value»: such an identifier would join everybody who has it. Only what is certain is
 * named here; a value that many people merely share is found by matching.
 */
export function isJunk(kind: IdentifierKind, value: string): boolean {
  const text = value.trim().toLowerCase()
  if (kind === 'phone') return isPlaceholderPhone(text)
  if (kind === 'email') return text === '' || isPlaceholderEmail(text)
  // Nothing but zeros, dashes and the like, `-1`, or a word in brackets such as `(not set)`.
  return /^[-0.:_?*\s]*$/.test(text) || text === '-1' || /^[([{<]/.test(text) || placeholders.has(text)
}

/** Numbers that people and masks put in to get past a form: +7 999 999-99-99, +7 495 000-00-00, 123 456-78-90. */
function isPlaceholderPhone(phone: string): boolean {
  const digits = phone.replace(/\D/g, '')
  if (digits.length < 7) return true
  const national = digits.slice(-10)
  return (
    /^(\d)\1+$/.test(national) ||
    digits.endsWith('0000000') ||
    '12345678901234567890'.includes(national) ||
    '98765432109876543210'.includes(national)
  )
}

const nobodysBox =
  /^(?:no|do-?not|donot|dont)[-_.]?reply$|^(?:mailer-daemon|postmaster|anonymous|anon|none|null|undefined|nomail|no-mail|noemail|no-email)$/
const testBox = /^(?:test\d*|tests|testing|asdf?|asd|qwe|qwerty|aaa+|111+|123\d*|example|sample|email|mail)$/
const testHost = /^(?:test|tests|asdf?|asd|qwe|qwerty|none|no|null|domain)\.[a-z]{2,4}$/

/** Boxes that are nobody's: `noreply@…`, `test@mail.ru`. Hosts kept for examples are left to examples. */
function isPlaceholderEmail(email: string): boolean {
  const [box = '', host = ''] = email.split('@')
  if (nobodysBox.test(box) || testHost.test(host)) return true
  return testBox.test(box) && !host.startsWith('example.')
}

const alphabet = 'abcdefghijkmnpqrstuvwxyz23456789'
const ID_LENGTH = 20

/** The id of the person founded on this identifier: the same on every machine and in every rebuild. */
export function personId(site: string, kind: IdentifierKind, value: string): string {
  // JSON keeps the three apart whatever they hold.
  const digest = createHash('sha256')
    .update(JSON.stringify([site, kind, value]))
    .digest()
  let id = 'p'
  for (let index = 0; index < ID_LENGTH; index++) id += alphabet[(digest[index] as number) & 31]
  return id
}
