import { hash } from 'node:crypto'

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

const placeholders = words(
  `null nil none undefined undef unset nan inf infinity true false unknown unidentified nobody anonymous anon guest visitor
  user test tester testuser dummy fake sample example default empty n/a n.a. na no id uid cid uuid guid user_id userid
  client_id clientid visitor_id visitorid cookie string value xxx not_set not_provided notset deleted removed
  opt-out optout opted_out disabled hidden нет неизвестно аноним гость тест пользователь`,
)

/** Logins that an office shares: whoever bears one is an employee, and never one person. */
const officeLogins = words('admin administrator root webmaster superuser manager operator moderator support demo')

/** What every emulator, every private window or the example of a manual has in common. */
const commonDevices = words(
  `9774d56d682e549c 35009a79-1a05-49d7-b876-2b884d0f825b 12345678-1234-1234-1234-123456789012
  12345678-1234-1234-1234-123456789abc 00000000-0000-4000-8000-000000000000`,
)

/**
 * Whether a value stands for «no value»: such an identifier would join everybody who has it. Only what is certain is
 * named here; a value that many people merely share is found by matching.
 */
export function isJunk(kind: IdentifierKind, value: string): boolean {
  const text = value.trim().toLowerCase()
  if (kind === 'phone') return isPlaceholderPhone(text.split(';', 1)[0] as string)
  if (kind === 'email') return text === '' || isPlaceholderEmail(text)
  if (kind === 'user' && officeLogins.has(text)) return true
  if (kind === 'visitor' && (commonDevices.has(text) || isOneSign(text))) return true
  // Nothing but zeros, dashes and the like, `-1`, a word in brackets such as `(not set)`, or a template left unfilled.
  return (
    /^[-0.:_?*\s]*$/.test(text) ||
    text === '-1' ||
    /^(?:[([{<]|\$[{a-z]|%.*%$|#.*#$)/.test(text) ||
    placeholders.has(text)
  )
}

/** `ffffffff-ffff-ffff-ffff-ffffffffffff`, `xxxxxxxx`: long, and one sign all through. */
function isOneSign(text: string): boolean {
  return /^([a-z0-9])\1{7,}$/.test(text.replaceAll('-', ''))
}

const ascending = '12345678901234567890'
const descending = '98765432109876543210'

/**
 * Numbers that people and masks put in to get past a form: +7 999 999-99-99, +7 495 000-00-00, +7 926 111-11-11,
 * 123 456-78-90, +7 912 345-67-89, 12 12 12 12 12, +7 999 123-45-67.
 */
function isPlaceholderPhone(phone: string): boolean {
  const digits = phone.replace(/\D/g, '')
  if (digits.length < 7) return true
  const national = digits.slice(-10)
  const tail = digits.slice(-9)
  return (
    /^(\d)\1+$/.test(national) ||
    digits.endsWith('0000000') ||
    // Seven alike are sold dear, as are pairs; eight nobody has.
    /^79\d(\d)\1{7}$/.test(digits) ||
    // Behind the codes that come to mind first. Of other codes these are sold dear, and somebody's.
    /^79(?:00|12|99)1234567$|^79(?:00|99)1112233$/.test(digits) ||
    (!digits.startsWith('79') && /^(\d\d)\1{4}$/.test(national)) ||
    ascending.includes(national) ||
    descending.includes(national) ||
    (digits.length > 9 && (ascending.includes(tail) || descending.includes(tail)))
  )
}

const nobodysBox =
  /^(?:no|do-?not|donot|dont)[-_.]?reply(?:[-_.+].*)?$|^(?:mailer-daemon|postmaster|hostmaster|nobody|bounces?|anonymous|anon|none|null|undefined|nomail|no-mail|noemail|no-email|no\.mail|no\.email|netu|net-pochty|netpochty)$/
const testBox = /^(?:test\d*|tests|testing|asdf?|asd|qwe|qwerty|zxc|aaa+|111+|123\d*|example|sample|email|mail)$/
const testHost = /^(?:test|tests|asdf?|asd|qwe|qwerty|none|no|null|domain)\.[a-z]{2,4}$/
const BOX_LIKE_HOST_MAX = 2

/** Boxes that are nobody's: `noreply@…`, `test@mail.ru`, `a@a.ru`. Hosts kept for examples are left to examples. */
function isPlaceholderEmail(email: string): boolean {
  const [box = '', host = ''] = email.split('@')
  if (nobodysBox.test(box) || testHost.test(host) || /\.(?:invalid|localhost)$/.test(host)) return true
  if (box.length <= BOX_LIKE_HOST_MAX && box === host.split('.', 1)[0]) return true
  return testBox.test(box) && !host.startsWith('example.')
}

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(/\s+/))
}

/** What the id of a person looks like. */
export const personIdPattern = /^p[a-km-np-z2-9]{20}$/

const alphabet = 'abcdefghijkmnpqrstuvwxyz23456789'
const ID_LENGTH = 20

/** The id of the person founded on this identifier: the same on every machine and in every rebuild. */
export function personId(site: string, kind: IdentifierKind, value: string): string {
  // JSON keeps the three apart whatever they hold.
  // As a text of its bytes: half the time that a buffer takes, and there are millions.
  const digest = hash('sha256', JSON.stringify([site, kind, value]), 'binary')
  let id = 'p'
  for (let index = 0; index < ID_LENGTH; index++) id += alphabet[digest.charCodeAt(index) & 31]
  return id
}
