/**
 * What the server would answer, with nines in place of leased numbers. It takes the tracker's own way to the page, so what
 * shows the nines would show a real number; long expired, so that no later page takes them for one.
 */
export function nines(): { pool: string; replaces: string[]; number: string; expires_at: string }[] {
  // What an e-mail address gives way to begins otherwise, and it stays.
  const numbers = [...tl_settings.replaces, ...(tl_settings.areas || [])].filter(([, , prefix]) =>
    prefix.startsWith('+'),
  )
  return numbers.map(([, own, prefix, digits = own.length - prefix.length]) => ({
    pool: 'tl_test',
    replaces: [own],
    number: prefix + '9'.repeat(digits),
    expires_at: new Date(0).toISOString(),
  }))
}
