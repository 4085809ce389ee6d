/** One thing that was looked at. `unseen`: it could not be, and nothing is said of it. */
export interface Check {
  name: string
  level: 'ok' | 'warning' | 'fault' | 'unseen'
  says: string
  /** What to do about it. */
  fix?: string
}

export const ok = (name: string, says: string): Check => ({ name, level: 'ok', says })
export const warning = (name: string, says: string, fix: string): Check => ({ name, level: 'warning', says, fix })
export const fault = (name: string, says: string, fix: string): Check => ({ name, level: 'fault', says, fix })
export const unseen = (name: string, says: string): Check => ({ name, level: 'unseen', says })

/** Looks, and says so when the looking itself fails: one thing that is broken must not hide the others. */
export async function looking(name: string, look: () => Promise<Check[]>): Promise<Check[]> {
  try {
    return await look()
  } catch (error) {
    const { code, type, message } = error as { code?: unknown; type?: unknown; message?: string }
    const why = [code, type].filter((part) => typeof part === 'string' && part !== '').join(' ')
    return [
      { name, level: 'unseen', says: `could not be looked at: ${why || (message ?? 'unknown').split('\n', 1)[0]}` },
    ]
  }
}

/** Bytes for people. */
export function size(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return `${value >= 10 || unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}

/** A length of time for people. */
export function span(ms: number): string {
  const steps: [number, string][] = [
    [86_400_000, 'days'],
    [3_600_000, 'hours'],
    [60_000, 'minutes'],
    [1000, 'seconds'],
  ]
  const [length, name] = steps.find(([step]) => ms >= 2 * step) ?? [1000, 'seconds']
  return `${Math.max(0, Math.round(ms / length))} ${name}`
}
