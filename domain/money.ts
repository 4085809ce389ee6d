/** An amount of money in units of 1/10,000: the four decimals that columns keep. */
export type Units = bigint

const SCALE = 4
const ONE = 10_000n
/** Decimal(18, 4): fourteen digits before the point. */
const UNITS_MAX = 10n ** 18n - 1n

/** Reads a decimal (string or number) without a detour through binary fractions; undefined when it is none, or too large to keep. */
export function parseMoney(value: string | number): Units | undefined {
  const text = typeof value === 'number' ? plainNumber(value) : value.trim()
  const found = /^([+-]?)(\d{1,30})(?:\.(\d{0,30}))?$/.exec(text)
  if (!found) return undefined
  const [, sign, whole, fraction = ''] = found
  // Half a unit is rounded away from zero, as ClickHouse and every invoice do.
  const rounded = (fraction[SCALE] ?? '0') >= '5' ? 1n : 0n
  const units = BigInt(whole as string) * ONE + BigInt(fraction.slice(0, SCALE).padEnd(SCALE, '0')) + rounded
  if (units > UNITS_MAX) return undefined
  return sign === '-' ? -units : units
}

/** As a decimal string with two to four decimals: `45000.00`, `0.1234`. */
export function formatMoney(units: Units): string {
  const positive = units < 0n ? -units : units
  const fraction = (positive % ONE).toString().padStart(SCALE, '0')
  const shown = fraction.endsWith('00') ? fraction.slice(0, 2) : fraction.replace(/0$/, '')
  return `${units < 0n ? '-' : ''}${positive / ONE}.${shown}`
}

/** A decimal as ClickHouse wrote it, in the form that callers see; null stays null. */
export function moneyText(decimal: string | number | null): string | null {
  const units = decimal === null ? undefined : parseMoney(decimal)
  return units === undefined ? null : formatMoney(units)
}

/**
 * Splits an amount by weights so that the parts add up to it, whatever the weights leave over: each part is the
 * difference of the rounded running totals. Weights add up to 1; the last part takes what rounding left.
 */
export function splitMoney(units: Units, weights: readonly number[]): Units[] {
  let cumulative = 0
  let given = 0n
  return weights.map((weight, index) => {
    cumulative += weight
    const total = index === weights.length - 1 ? units : share(units, cumulative)
    const part = total - given
    given = total
    return part
  })
}

/** As many decimals of a weight as a double holds for certain. */
const WEIGHT_SCALE = 1_000_000_000_000_000

function share(units: Units, weight: number): Units {
  const scaled = units * BigInt(Math.round(weight * WEIGHT_SCALE))
  return divideRounded(scaled, BigInt(WEIGHT_SCALE))
}

function divideRounded(value: bigint, by: bigint): bigint {
  const half = by / 2n
  return value < 0n ? -((-value + half) / by) : (value + half) / by
}

/** A number written out: JSON may bring 1e21 or 5e-7. */
function plainNumber(value: number): string {
  if (!Number.isFinite(value)) return ''
  const text = String(value)
  return text.includes('e') ? value.toFixed(SCALE + 2) : text
}
