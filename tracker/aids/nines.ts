import { settings } from '../src/settings.ts'

/**
 * What the server would answer, with nines in place of leased numbers. It takes the tracker's own way to the page, so what
 * shows the nines would show a real number; long expired, so that no later page takes them for one.
 */
export function nines(): { pool: string; replaces: string[]; number: string; expires_at: string }[] {
  return settings.replaces.map(([country, national]) => ({
    pool: 'tl_test',
    replaces: [`+${country}${national}`],
    number: `+${country}${national.replace(/\d/g, '9')}`,
    expires_at: new Date(0).toISOString(),
  }))
}
