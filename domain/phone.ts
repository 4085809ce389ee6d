import type { CountryCode } from 'libphonenumber-js/min'
// The small metadata checks lengths and leading digits, not each operator's ranges: a range opened last week must be read.
import { parsePhoneNumberFromString } from 'libphonenumber-js/min'
import { LRUCache } from 'lru-cache'

export interface Phone {
  /** E.164: a plus and 7–15 digits. */
  phone: string
  /** Digits after «доб.» or «ext.»; empty when there are none. */
  extension: string
}

const TEXT_LENGTH_MAX = 200
const CACHE_MAX = 20_000

const cache = new LRUCache<string, Phone | 'none'>({ max: CACHE_MAX })

/**
 * Reads a phone as people, forms, CRMs and providers write it; undefined when the text holds none.
 * `region` (ISO 3166) says how a number without a country code is read. A leading space stands for the plus that a URL
 * turned into a space, so text typed by people is to be trimmed before.
 */
export function normalizePhone(text: string, region: string): Phone | undefined {
  if (text.length > TEXT_LENGTH_MAX) return undefined
  const key = `${region}\n${text}`
  let found = cache.get(key)
  if (found === undefined) {
    found = readPhone(text, region) ?? 'none'
    cache.set(key, found)
  }
  return found === 'none' ? undefined : found
}

/**
 * Whether a phone (E.164) is a line of a place, a flat's or an office's, and not somebody's own. Known of the numbering plan
 * of Russia and Kazakhstan, where mobiles have codes of their own (+79, +77); of an extension sits somebody, so it is not.
 */
export function isPlaceLine(phone: string): boolean {
  return /^\+7[^79]\d{9}$/.test(phone)
}

function readPhone(text: string, region: string): Phone | undefined {
  const written = unwrap(text.normalize('NFKC'))
  if (written === undefined) return undefined
  const { number, extension } = cutExtension(written)
  for (const piece of phonePieces(number)) {
    const phone = parseFirst(spellings(piece, region), region)
    if (phone) return { phone, extension }
  }
  return undefined
}

/** Takes `tel:` and `sip:` off. A SIP name is an account of the exchange unless it is written in E.164. */
function unwrap(text: string): string | undefined {
  const uri = /^\s*(tel|callto|sips?):/i.exec(text)
  const rest = (uri ? text.slice(uri[0].length) : text).replace(/^%2b/i, '+')
  if (uri?.[1]?.toLowerCase().startsWith('sip')) return /^(\+\d{7,15})@/.exec(rest)?.[1]
  return rest.includes('@') ? undefined : rest
}

const extensionPattern =
  /[\s,;(]*(?:доб(?:авочный|ав)?|вн(?:утр(?:енний)?)?|ext(?:ension|n)?|x|х|#|\*)[\s.:=№-]*(\d{1,8})[\s)]*$/iu

function cutExtension(text: string): { number: string; extension: string } {
  const found = extensionPattern.exec(text) ?? /,{1,3}(\d{1,5})$/.exec(text)
  // What is left must still be able to hold a phone: in «8 926 123, 45 67» the comma is no extension.
  if (!found || text.slice(0, found.index).replace(/\D/g, '').length < 7) return { number: text, extension: '' }
  return { number: text.slice(0, found.index), extension: found[1] as string }
}

/** The runs of text that can be a phone, first written first: «8 926 …, 8 495 … (Анна)» has two. */
function phonePieces(text: string): string[] {
  const pieces: string[] = []
  for (const part of text.split(/[,;/\n|]/)) {
    pieces.push(...(part.match(/(?:^ (?=\d))?\+?[\s(]*\d[\d\s().\-–—−‐‑+]*/gu) ?? []))
  }
  return pieces
}

const russian = new Set(['RU', 'KZ'])

/** What the digits may mean, the likelier first. */
function spellings(piece: string, region: string): string[] {
  const digits = piece.replace(/\D/g, '')
  const hasPlus = /^[\s(]*\+/.test(piece)
  const plus = `+${digits}`
  if (!russian.has(region)) return hasPlus ? [plus] : withoutPlus(piece, digits)

  // A mask puts +7 before what was typed with its own 8 or 7: «+7 8 926 …».
  if (/^7[78]\d{10}$/.test(digits)) return [`+7${digits.slice(2)}`]
  // No country is called +8: «+8 (495) …» is the trunk prefix with a plus by habit, «+84 95 …» is Vietnam.
  if (hasPlus && /^8\d{10}$/.test(digits)) {
    const national = `+7${digits.slice(1)}`
    return /\+\s*8[\s(-]/.test(piece) ? [national, plus] : [plus, national]
  }
  return hasPlus ? [plus] : withoutPlus(piece, digits)
}

function withoutPlus(piece: string, digits: string): string[] {
  if (digits.startsWith('00')) return [`+${digits.slice(2)}`]
  return /^ \d/.test(piece) ? [`+${digits}`, digits] : [digits]
}

function parseFirst(candidates: readonly string[], region: string): string | undefined {
  for (const candidate of candidates) {
    if (candidate.length < 7) continue
    // An unknown region only means that bare numbers cannot be read; the library says so with undefined.
    const parsed = parsePhoneNumberFromString(candidate, { defaultCountry: region as CountryCode, extract: false })
    // «8 926 123-45-6» lost a digit: no Russian code begins with 89.
    if (parsed?.isValid() && !parsed.number.startsWith('+789')) return parsed.number
  }
  return undefined
}
