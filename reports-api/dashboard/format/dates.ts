import type { Language } from '../i18n/translate.ts'

const styles = {
  moment: { day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit' },
  time: { hour: '2-digit', minute: '2-digit' },
  day: { day: 'numeric', month: 'long', year: 'numeric' },
  short: { day: 'numeric', month: 'short', year: 'numeric' },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>

/** An instant of the API in the site's time zone. */
export function formatInstant(
  at: string,
  style: keyof typeof styles,
  { language, timezone }: { language: Language; timezone: string | undefined },
): string {
  return new Intl.DateTimeFormat(dateLocale(language), { ...styles[style], ...zone(timezone) }).format(new Date(at))
}

/** A calendar date (`2026-11-21`), which has no time zone. */
export function formatDate(date: string, language: Language): string {
  const moment = new Date(`${date}T00:00:00Z`)
  if (Number.isNaN(moment.getTime())) return date
  return new Intl.DateTimeFormat(dateLocale(language), { ...styles.short, timeZone: 'UTC' }).format(moment)
}

/** «23 Oct – 21 Nov 2026»: what both ends share is said once. */
export function formatDateRange(from: string, to: string, language: Language): string {
  const [start, end] = [new Date(`${from}T00:00:00Z`), new Date(`${to}T00:00:00Z`)]
  return new Intl.DateTimeFormat(dateLocale(language), { ...styles.short, timeZone: 'UTC' }).formatRange(start, end)
}

/** The date it is now in a time zone. */
export function todayIn(timezone: string | undefined, now: Date): string {
  return new Intl.DateTimeFormat('sv', { ...zone(timezone), dateStyle: 'short' }).format(now)
}

/** English with the day first and a 24-hour clock: one reading of 3/4 for everybody. */
function dateLocale(language: Language): string {
  return language === 'en' ? 'en-GB' : language
}

function zone(timezone: string | undefined): Intl.DateTimeFormatOptions {
  return timezone === undefined ? {} : { timeZone: timezone }
}
