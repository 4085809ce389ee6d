import { z } from 'zod'
import { formatMoney, parseMoney } from '#domain/money.ts'
import { readDate, readMoment } from './instant.ts'
import { storableText } from './text.ts'

export const URL_LENGTH_MAX = 8192

const moneyFault = 'must be a decimal number of at most 14 digits before the point, such as 1250 or "1250.50"'

export const factIdPattern = /^[A-Za-z0-9._:-]{1,128}$/

/** Ids of facts, visitors and sessions. */
export const factId = z.string().regex(factIdPattern, 'must be 1–128 characters of A-Za-z0-9._:-')

/** An id that may be left out; null and an empty string say the same. */
export const optionalId = z
  .string()
  .regex(/^[A-Za-z0-9._:-]{0,128}$/, 'must be at most 128 characters of A-Za-z0-9._:-')
  .nullish()

export const SITE_ID_LENGTH_MAX = 64

export const siteId = z.string().min(1).max(SITE_ID_LENGTH_MAX).describe('The id of the site')

/** A moment, as epoch milliseconds once it is read. Whether it may lie where it lies depends on the clock, and is checked later. */
export const instant = z
  .union([z.string().max(40), z.number()], { error: 'must be ISO 8601 with an offset, or epoch milliseconds' })
  .describe('ISO 8601 with an offset, or epoch milliseconds')
  .transform((value, context) => {
    const at_ms = readMoment(value)
    if (at_ms !== undefined) return at_ms
    context.issues.push({
      code: 'custom',
      message: 'must be ISO 8601 with an offset, or epoch milliseconds',
      input: value,
    })
    return z.NEVER
  })

export const calendarDate = z
  .string()
  .max(10)
  .describe('YYYY-MM-DD')
  .refine((value) => {
    const found = /^(\d{4})-(\d\d)-(\d\d)$/.exec(value)
    return found !== null && readDate(Number(found[1]), Number(found[2]), Number(found[3])) !== undefined
  }, 'must be a date as YYYY-MM-DD')

/** Free text with a limit. */
export function text(length_max: number) {
  return z.string().max(length_max, `must be at most ${length_max} characters`).transform(storableText)
}

/** Free text that may be left out; null says the same. */
export function optionalText(length_max: number) {
  return text(length_max).nullish()
}

/** A page address. Other schemes are refused: addresses are shown as links. */
export const httpUrl = z
  .string()
  .max(URL_LENGTH_MAX, `must be at most ${URL_LENGTH_MAX} characters`)
  .refine(isHttpUrl, 'must be an http(s) URL')
  .transform(storableText)

export const optionalUrl = z
  .string()
  .max(URL_LENGTH_MAX, `must be at most ${URL_LENGTH_MAX} characters`)
  .refine((value) => value === '' || isHttpUrl(value), 'must be an http(s) URL')
  .transform(storableText)
  .nullish()

/** Where a page was opened from. Android names the app a visitor came from with a scheme of its own. */
export const referrer = z
  .string()
  .max(URL_LENGTH_MAX, `must be at most ${URL_LENGTH_MAX} characters`)
  .refine(isReferrer, 'must be an http(s) URL')
  .transform(storableText)
  .nullish()

/** The address of a page that a browser shows; the end of a very long one is cut: some keep all of their state behind the `#`. */
export const pageUrl = z.string().transform(cutUrl).pipe(httpUrl)

export const optionalPageUrl = z
  .string()
  .nullish()
  .transform((value) => value && cutUrl(value))
  .pipe(optionalUrl)

export const pageReferrer = z
  .string()
  .nullish()
  .transform((value) => value && cutUrl(value))
  .pipe(referrer)

function cutUrl(value: string): string {
  return value.slice(0, URL_LENGTH_MAX)
}

export const money = z
  .union([z.number(), z.string().max(40)], { error: moneyFault })
  .describe('A number or a decimal string')
  .transform((value, context) => {
    const units = parseMoney(value)
    if (units !== undefined && units >= 0n) return formatMoney(units)
    const message = units === undefined ? moneyFault : 'must not be negative'
    context.issues.push({ code: 'custom', message, input: value })
    return z.NEVER
  })

const currencies = new Set(Intl.supportedValuesOf('currency'))

export const currency = z
  .string()
  .max(3)
  .describe('ISO 4217')
  .refine((value) => currencies.has(value), 'must be an ISO 4217 code, such as RUB')

/** Whole seconds of a phone call; providers send fractions too. */
export const seconds = z
  .number()
  .min(0)
  .max(7 * 24 * 3600)
  .transform(Math.round)

/** How often something happened; digits in a string come from CSV. */
export const count = z
  .union([z.number(), z.string().max(20)], { error: 'must be a whole number' })
  .transform((value, context) => {
    const read = typeof value === 'number' || /^\d+$/.test(value) ? Number(value) : Number.NaN
    if (Number.isSafeInteger(read) && read >= 0) return read
    context.issues.push({ code: 'custom', message: 'must be a whole number of at least 0', input: value })
    return z.NEVER
  })

export const version = z
  .number()
  .int()
  .min(0)
  .max(Number.MAX_SAFE_INTEGER)
  .describe('The highest version counts, whatever order they come in')
  .nullish()

export const CLIENT_ID_LENGTH_MAX = 512

const clientIdFields = {
  ga: optionalText(CLIENT_ID_LENGTH_MAX).describe('A raw `_ga` cookie, or its last two parts'),
  ym: optionalText(CLIENT_ID_LENGTH_MAX).describe('The client id of Yandex Metrica'),
}

/** Client ids of ad systems. One that cannot be read is left out: it must not cost the fact. */
export const clientIds = z.object(clientIdFields).nullish()

/** What a browser knows beside them: a session of Google Analytics is one of a page, not of a call or a deal. */
export const browserClientIds = z
  .object({
    ...clientIdFields,
    ga_session: optionalText(CLIENT_ID_LENGTH_MAX).describe(
      'A raw `_ga_STREAM` cookie (GS1 or GS2), or the session id in it',
    ),
  })
  .nullish()

export function isReferrer(value: string): boolean {
  return value === '' || isHttpUrl(value) || value.startsWith('android-app://')
}

/** A scheme and a host. `URL.canParse` would take longer than all the rest of the check, and refuses what browsers send. */
export function isHttpUrl(value: string): boolean {
  return /^https?:\/\/[^\s/?#\\]+(?:[/?#\\]|$)/i.test(value)
}
