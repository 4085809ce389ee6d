export const DEPTH_MAX = 16

/**
 * Whether a value is nested deeper than facts are. Asked before anything else walks the value: a hundred thousand
 * brackets would end the stack of whoever does.
 */
export function isTooDeep(value: unknown, levels = DEPTH_MAX): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (levels === 0) return true
  for (const key in value) if (isTooDeep((value as Record<string, unknown>)[key], levels - 1)) return true
  return false
}
