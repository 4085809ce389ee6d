/** Senders that mean seconds land in 1970, and nothing tracked is older than this. */
export const OLDEST_INSTANT_MS = Date.UTC(2000, 0, 1)
export const AHEAD_MAX_MS = 24 * 3600 * 1000

const INSTANT_MS_MAX = 8.64e15

/** A moment as it is sent, as epoch milliseconds; undefined when it is none that a `Date` can hold. */
export function readMoment(value: string | number): number | undefined {
  const at_ms = typeof value === 'number' ? Math.trunc(value) : readInstant(value)
  return at_ms !== undefined && Math.abs(at_ms) <= INSTANT_MS_MAX ? at_ms : undefined
}

/** ISO 8601 with an offset as epoch milliseconds; undefined when it is anything else, or a day that does not exist. */
export function readInstant(text: string): number | undefined {
  return readWritten(text) ?? readAny(text)
}

/** What `toISOString` writes, which is what browsers send: by the places of its digits, in a tenth of the time. */
function readWritten(text: string): number | undefined {
  if (text.length !== 24 || !text.endsWith('Z') || text[10] !== 'T' || text[19] !== '.') return undefined
  if (text[4] !== '-' || text[7] !== '-' || text[13] !== ':' || text[16] !== ':') return undefined
  const [hour, minute, second] = [digits(text, 11, 13), digits(text, 14, 16), digits(text, 17, 19)]
  const clock_ms = ((hour * 60 + minute) * 60 + second) * 1000 + digits(text, 20, 23)
  const date_ms = readDate(digits(text, 0, 4), digits(text, 5, 7), digits(text, 8, 10))
  // NaN, from what is no digit, is no less than anything.
  return hour < 24 && minute < 60 && second < 60 && clock_ms >= 0 && date_ms !== undefined
    ? date_ms + clock_ms
    : undefined
}

function digits(text: string, start: number, end: number): number {
  let number = 0
  for (let place = start; place < end; place++) {
    const digit = text.charCodeAt(place) - 48
    if (digit < 0 || digit > 9) return Number.NaN
    number = number * 10 + digit
  }
  return number
}

function readAny(text: string): number | undefined {
  const found = pattern.exec(text)
  if (!found) return undefined
  const [, year, month, day, hour, minute, second = '0', fraction = '0', sign, offsetHour = '0', offsetMinute = '0'] =
    found
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined
  if (Number(offsetHour) > 14 || Number(offsetMinute) > 59) return undefined
  const date_ms = readDate(Number(year), Number(month), Number(day))
  if (date_ms === undefined) return undefined
  const clock_s = (Number(hour) * 60 + Number(minute)) * 60 + Number(second)
  const offset_min = (Number(offsetHour) * 60 + Number(offsetMinute)) * (sign === '-' ? -1 : 1)
  return date_ms + clock_s * 1000 + Math.trunc(Number(`0.${fraction}`) * 1000) - offset_min * 60_000
}

const pattern = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?:Z|([+-])(\d\d)(?::?(\d\d))?)$/i

/** Midnight UTC of a calendar day; undefined for the 30th of February, which `Date` would call the 2nd of March. */
export function readDate(year: number, month: number, day: number): number | undefined {
  const date_ms = Date.UTC(year, month - 1, day)
  // Every month has 28 days.
  if (month >= 1 && month <= 12 && day >= 1 && day <= 28) return date_ms
  const date = new Date(date_ms)
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? date_ms : undefined
}

/** What is wrong with a moment that a fact names; undefined when nothing is. */
export function instantFault(
  at_ms: number,
  now_ms: number,
): { reason: 'in_future' | 'too_old'; message: string } | undefined {
  if (at_ms > now_ms + AHEAD_MAX_MS) return { reason: 'in_future', message: 'is more than 24 hours ahead' }
  if (at_ms < OLDEST_INSTANT_MS) {
    return { reason: 'too_old', message: 'is before the year 2000; epoch times are in milliseconds' }
  }
  return undefined
}
