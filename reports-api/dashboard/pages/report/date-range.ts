/** Ranges that move with the calendar; anything else is a pair of dates. */
export const presets = ['7d', '30d', '90d', 'month', 'year'] as const
export type Preset = (typeof presets)[number]

export interface DateRange {
  from: string
  to: string
}

/** The dates of a preset, both ends included, ending today. */
export function datesOf(preset: Preset, today: string): DateRange {
  if (preset === 'month') return { from: `${today.slice(0, 7)}-01`, to: today }
  if (preset === 'year') return { from: `${today.slice(0, 4)}-01-01`, to: today }
  return { from: addDays(today, 1 - Number.parseInt(preset, 10)), to: today }
}

export function isDate(text: unknown): text is string {
  if (typeof text !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(text)) return false
  const moment = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(moment.getTime()) && moment.toISOString().startsWith(text)
}

function addDays(date: string, days: number): string {
  const moment = new Date(`${date}T00:00:00Z`)
  moment.setUTCDate(moment.getUTCDate() + days)
  return moment.toISOString().slice(0, 10)
}
