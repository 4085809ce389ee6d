import { normalizeEmail } from './email.ts'
import { isJunk } from './identifier.ts'
import { normalizePhone } from './phone.ts'

export interface RecogniseOptions {
  /** How bare phones are read. */
  region: string
  /** Names of the fields whose values may be kept; `*` means all that are no secrets. */
  form_values: readonly string[]
}

/** What a form says about the person who sent it. */
export interface Recognised {
  /** E.164. */
  phone?: string
  /** Normalised. */
  email?: string
  name?: string
  kept: Record<string, string>
}

const FIELDS_MAX = 200
const VALUE_LENGTH_MAX = 2_000
const NAME_LENGTH_MAX = 100

interface Field {
  name: string
  value: string
  words: readonly string[]
}

/**
 * Finds phone, email and name in the fields of a form, by their names in English and Russian first and by the look of
 * their values after. Passwords, tokens and card numbers are neither read nor kept, whatever the settings allow.
 */
export function recogniseFields(fields: Readonly<Record<string, string>>, options: RecogniseOptions): Recognised {
  const open = Object.entries(fields)
    .slice(0, FIELDS_MAX)
    .map(([name, value]): Field => ({ name, value: value.slice(0, VALUE_LENGTH_MAX).trim(), words: wordsOf(name) }))
    .filter(({ words, value }) => value !== '' && !isSecretName(words) && !holdsCardNumber(value))

  const phone = findPhone(open, options.region)
  const email = findEmail(open)
  const name = findName(open)
  return {
    ...(phone !== undefined && { phone }),
    ...(email !== undefined && { email }),
    ...(name !== undefined && { name }),
    kept: keepAllowed(open, options.form_values),
  }
}

/** `FIELDS[clientPhone][0]` → client, phone. */
function wordsOf(name: string): string[] {
  return name
    .slice(0, NAME_LENGTH_MAX)
    .replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}]+/u)
    .filter(Boolean)
}

const secretWords = new Set(
  `pass password passwd pwd passphrase пароль pin otp code_word token csrf csrfmiddlewaretoken xsrf secret nonce captcha
  recaptcha hcaptcha smartcaptcha turnstile cvv cvc cvn card cardnumber ccnumber cc карта карты iban apikey auth
  authenticity authorization session sessid phpsessid sid signature hash cookie cookies passport паспорт паспорта снилс
  snils инн inn ssn`.split(/\s+/),
)

function isSecretName(words: readonly string[]): boolean {
  return words.some((word) => secretWords.has(word) || /password|passwd|captcha|csrf|sessid|пароль/.test(word))
}

const digitRun = /\d(?:[ -]?\d){12,18}/g
const groupedDigits = /\d+(?:[^\p{L}\p{N}]{1,2}\d+)*/gu
const CARD_DIGITS_MAX = 19

function holdsCardNumber(value: string): boolean {
  // A phone in international form can pass Luhn's check by chance.
  if (/^\+[\d\s()-]{7,20}$/.test(value)) return false
  if ((value.match(digitRun) ?? []).some((run) => passesLuhn(run.replace(/\D/g, '')))) return true
  return (value.match(groupedDigits) ?? []).some((run) => holdsCardGroups(run.match(/\d+/g) ?? []))
}

/** «4111.1111.1111.1111 12/27»: a card in groups however they are set apart, with what is printed beside its number. */
function holdsCardGroups(groups: readonly string[]): boolean {
  return groups.some((_, first) => {
    let digits = ''
    for (const group of groups.slice(first, first + CARD_GROUPS_MAX)) {
      digits += group
      if (digits.length > CARD_DIGITS_MAX) return false
      if (digits.length >= 13 && /^[2-6]/.test(digits) && passesLuhn(digits)) return true
      // Phones have shorter groups, and two of them in one field are no card.
      if (group.length < 4) return false
    }
    return false
  })
}

const CARD_GROUPS_MAX = 5

function passesLuhn(digits: string): boolean {
  if (/^0+$/.test(digits)) return false
  let sum = 0
  for (let index = 0; index < digits.length; index++) {
    const digit = Number(digits[digits.length - 1 - index])
    const doubled = index % 2 === 1 ? digit * 2 : digit
    sum += doubled > 9 ? doubled - 9 : doubled
  }
  return sum % 10 === 0
}

const phoneWords =
  /^(?:(?:user|client|customer|contact|your|my|home|work|lead|last)?(?:phone|tel|telefon|mobile)|telephone|phonenumber|mobil|cell|cellphone|msisdn|whatsapp|viber|телефон|тел|моб|мобильный|сотовый)$/
const emailWords =
  /^(?:(?:user|client|customer|contact|your|my|lead)?(?:email|mail)|pochta|почта|почты|емейл|имейл|емайл|мейл)$/

/** Fields about the one who receives the form, and about where it stands. */
const othersWords = new Set(
  `to from recipient admin manager sender reply replyto subject wpcf utm referer referrer form page url title id ids
  price sum amount total cost order product article sku inn kpp ogrn date time timestamp cid uid clientid менеджер цена
  сумма заказ`.split(/\s+/),
)

function isOthers(field: Field): boolean {
  return field.words.some((word) => othersWords.has(word))
}

function findPhone(fields: readonly Field[], region: string): string | undefined {
  const named = fields.filter(({ words }) => words.some((word) => phoneWords.test(word)))
  for (const { value } of named) {
    const phone = readPhone(value, region)
    if (phone) return phone
  }
  for (const field of fields) {
    if (isOthers(field) || !looksLikePhone(field.value)) continue
    const phone = readPhone(field.value, region)
    if (phone) return phone
  }
  return undefined
}

function readPhone(value: string, region: string): string | undefined {
  const found = normalizePhone(value, region)
  return found && !isJunk('phone', found.phone) ? found.phone : undefined
}

/** Ten bare digits may be anything: without a telling name a phone needs its plus, its brackets, or its 7 or 8. */
function looksLikePhone(value: string): boolean {
  const digits = value.replace(/\D/g, '')
  if (digits.length < 10 || digits.length > 15 || !/^[+\d(][\d\s()+.\-–—]+$/.test(value)) return false
  return value.startsWith('+') || /^[78]\d{10}$/.test(digits) || (digits.length === 10 && /[()\s-]/.test(value))
}

function findEmail(fields: readonly Field[]): string | undefined {
  const candidates = fields.filter(({ value }) => value.includes('@'))
  const named = candidates.filter((field) => !isOthers(field) && isEmailName(field.words))
  for (const { value } of [...named, ...candidates.filter((field) => !isOthers(field))]) {
    const email = normalizeEmail(value)
    if (email && !isJunk('email', email)) return email
  }
  return undefined
}

function isEmailName(words: readonly string[]): boolean {
  return words.some((word) => emailWords.test(word))
}

/** «Как вас зовут?» and «Как к вам обращаться?» are how Russian forms ask. */
const fullNameWords = new Set(
  `name fullname fio фио имя imya contactname yourname clientname username зовут звать обращаться представьтесь zovut
  obrashatsya obraschatsya`.split(/\s+/),
)
const firstNameWords = new Set('firstname first имя imya fname givenname'.split(' '))
const lastNameWords = new Set('lastname last surname familyname фамилия familiya lname secondname'.split(' '))

/** «Name» of these is not a person's. */
const thingWords = new Set(
  `company organization organisation firm form product file project page city street domain site event item block utm
  school course bank компания компании организация организации город товар проект форма улица`.split(/\s+/),
)

function findName(fields: readonly Field[]): string | undefined {
  const people = fields.filter(
    ({ words, value }) => looksLikeName(value) && !words.some((word) => thingWords.has(word)),
  )
  const last = people.find(({ words }) => words.some((word) => lastNameWords.has(word)))?.value
  const first = people.find(
    ({ words, value }) => value !== last && words.some((word) => firstNameWords.has(word)),
  )?.value
  if (first !== undefined && last !== undefined) return `${first} ${last}`
  const full = people.find(
    ({ words, value }) => value !== last && words.some((word) => fullNameWords.has(word) || /name$/.test(word)),
  )?.value
  if (full !== undefined && last !== undefined && !full.includes(' ')) return `${full} ${last}`
  return full ?? first ?? last
}

function looksLikeName(value: string): boolean {
  return value.length <= NAME_LENGTH_MAX && /^[\p{L}\p{M}][\p{L}\p{M}\s.'’`-]*$/u.test(value)
}

function keepAllowed(fields: readonly Field[], form_values: readonly string[]): Record<string, string> {
  const isAll = form_values.includes('*')
  // `fromEntries` defines members, so a field called __proto__ stays a field.
  return Object.fromEntries(
    fields.filter(({ name }) => isAll || form_values.includes(name)).map(({ name, value }) => [name, value]),
  )
}
