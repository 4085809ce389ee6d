import type { CountryCode } from 'libphonenumber-js/min'
import { findPhoneNumbersInText } from 'libphonenumber-js/min'
import { normalizePhone } from '#domain/phone.ts'
import type { Pool } from '#storage/settings/documents.ts'
import type { PageRead } from './read-page.ts'

/** A phone that stands on a page, and what becomes of it there. */
export interface PagePhone {
  phone: string
  /** As the page writes it where it comes first. */
  written: string
  in_text: boolean
  in_link: boolean
  /** The pool that puts its numbers in its place; null when none does. */
  pool: string | null
  /** It is itself a number of a pool: there is nothing to put in its place. */
  is_tracked: boolean
}

const PHONES_MAX = 100

/** The phones that people see on a page, in its order, each once. */
export function findPhones(page: PageRead, region: string, pools: readonly Pool[]): PagePhone[] {
  const found = new Map<string, PagePhone>()
  const add = (phone: string, written: string, where: 'in_text' | 'in_link') => {
    const known = found.get(phone)
    if (known) known[where] = true
    else if (found.size < PHONES_MAX)
      found.set(phone, { phone, written, in_text: false, in_link: false, [where]: true, ...poolOf(phone, pools) })
  }
  for (const { number, startsAt, endsAt } of findPhoneNumbersInText(page.text, region as CountryCode)) {
    const written = page.text.slice(startsAt, endsAt).replace(/\s+/g, ' ')
    // Digits in one row are tax numbers and articles as often as phones.
    if (!/^\d{8}/.test(written)) add(number.number, written, 'in_text')
  }
  for (const target of page.tel_links) {
    const read = normalizePhone(decode(target).trim(), region)
    if (read) add(read.phone, target.trim(), 'in_link')
  }
  return [...found.values()]
}

function poolOf(phone: string, pools: readonly Pool[]): Pick<PagePhone, 'pool' | 'is_tracked'> {
  return {
    pool: pools.find(({ replaces }) => replaces.includes(phone))?.id ?? null,
    is_tracked: pools.some(({ numbers }) => numbers.includes(phone)),
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
