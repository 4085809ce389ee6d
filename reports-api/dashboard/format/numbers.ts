import type { Language } from '../i18n/translate.ts'

/** How a metric is written: what the registry calls its unit. */
export type Unit = 'count' | 'money' | 'share' | 'percent' | 'ratio' | 'days' | (string & {})

export const nothing = '—'

export interface NumberStyle {
  language: Language
  currency: string
  /** Kopecks are noise beside thousands: a column of large sums is shown whole. */
  whole?: boolean
}

/** A number of the API (money comes as a decimal string) in the reader's way of writing. */
export function formatMetric(value: number | string | null | undefined, unit: Unit, style: NumberStyle): string {
  if (value === null || value === undefined || value === '') return nothing
  const number = Number(value)
  if (!Number.isFinite(number)) return nothing
  if (unit === 'money') return formatMoney(number, style)
  if (unit === 'percent') return formatPercent(number, style.language)
  if (unit === 'share') return formatPercent(100 * number, style.language)
  if (unit === 'ratio') return numberFormat(style.language, 2).format(number)
  // Attribution may share one deal among several touches, so that even a count can have a fraction.
  return numberFormat(style.language, Number.isInteger(number) ? 0 : 1).format(number)
}

/** A difference with its sign; one that is too small to be shown is none. */
export function formatDifference(value: number | string | null | undefined, unit: Unit, style: NumberStyle): string {
  if (value === null || value === undefined || value === '') return nothing
  const size = formatMetric(Math.abs(Number(value)), unit, style)
  if (size === nothing || size === formatMetric(0, unit, style)) return size
  return `${Number(value) > 0 ? '+' : '−'}${size}`
}

export function formatMoney(value: number | string, { language, currency, whole }: NumberStyle): string {
  return moneyFormat(language, currency, whole ? 0 : 2).format(Number(value))
}

/** A sum that has to fit a small card: «279.3M ₽». The exact one stands elsewhere. */
export function formatShort(value: number | string, { language, currency }: NumberStyle): string {
  // The tenth of a billion is a hundred million: too much to round away.
  const digits = Math.abs(Number(value)) >= 1e9 ? 2 : 1
  return kept(`${language} ${currency} short ${digits}`, () => {
    const options = { notation: 'compact', maximumFractionDigits: digits } as const
    return currencyFormat(language, currency, options)
  }).format(Number(value))
}

/** Whether a column of sums reads better without its cents. */
export function isWhole(values: readonly (number | string | null | undefined)[]): boolean {
  return values.some((value) => Math.abs(Number(value ?? 0)) >= 1000)
}

/** A span of time in the reader's words: «3 min 12 s». */
export function formatSpan(span_ms: number, language: Language): string {
  const seconds = Math.round(span_ms / 1000)
  const parts: [number, string][] = [
    [Math.floor(seconds / 3600), 'hour'],
    [Math.floor((seconds % 3600) / 60), 'minute'],
    [seconds % 60, 'second'],
  ]
  const shown = parts.filter(([amount]) => amount > 0).slice(0, 2)
  return (shown.length > 0 ? shown : [[0, 'second'] as const])
    .map(([amount, unit]) =>
      new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'short' }).format(amount),
    )
    .join(' ')
}

function formatPercent(percent: number, language: Language): string {
  return `${numberFormat(language, Math.abs(percent) >= 100 ? 0 : 1).format(percent)}\u00a0%`
}

const formats = new Map<string, Intl.NumberFormat>()

function numberFormat(language: Language, digits: number): Intl.NumberFormat {
  return kept(`${language} ${digits}`, () => new Intl.NumberFormat(language, { maximumFractionDigits: digits }))
}

function moneyFormat(language: Language, currency: string, digits: number): Intl.NumberFormat {
  return kept(`${language} ${currency} ${digits}`, () =>
    currencyFormat(language, currency, { maximumFractionDigits: digits, minimumFractionDigits: digits }),
  )
}

function currencyFormat(language: Language, currency: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  try {
    return new Intl.NumberFormat(language, { style: 'currency', currency, currencyDisplay: 'narrowSymbol', ...options })
  } catch {
    // Facts may carry a currency that ISO does not know; the number still has to be readable.
    return new Intl.NumberFormat(language, options)
  }
}

/** Making an Intl format costs more than using it a hundred times. */
function kept(key: string, make: () => Intl.NumberFormat): Intl.NumberFormat {
  const known = formats.get(key)
  if (known) return known
  const made = make()
  formats.set(key, made)
  return made
}
