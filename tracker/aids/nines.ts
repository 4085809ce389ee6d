import { settings } from '../src/settings.ts'

/**
 * What the server would answer, with nines in place of leased numbers. It takes the tracker's own way to the page, so what
 * shows the nines would show a real number; long expired, so that no later page takes them for one.
 */
export function nines(): { pool: string; replaces: string[]; number: string; expires_at: string }[] {
  const { replaces, areas = [] } = settings as { replaces: readonly Replaced[]; areas?: readonly Replaced[] }
  // Without a country it is no number but an e-mail address, and stays.
  const numbers = [...replaces, ...areas].filter(([country]) => country)
  return numbers.map(([country, national, , own = `+${country}${national}`]) => ({
    pool: 'tl_test',
    replaces: [own],
    number: `+${country}${national.replace(/\w/g, '9')}`,
    expires_at: new Date(0).toISOString(),
  }))
}

/** The digits of an element that shows whatever number there is are written `d`; `own` is then its selector. */
type Replaced = readonly [country: string, national: string, trunk: string, own?: string]
