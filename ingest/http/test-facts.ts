/** Good facts of each kind, for tests to spoil. */
export const AT = '2026-01-15T12:30:00.250+03:00'
export const AT_UTC = '2026-01-15T09:30:00.250Z'

export const call = {
  id: 'c',
  site: 'shop',
  from: '8 916 204-81-37 доб. 12',
  to: '+74951112233',
  at: AT,
  status: 'answered',
  duration: 61.4,
  talk: 40,
}
export const lead = { id: 'l', site: 'shop', at: AT, kind: 'chat' }
export const deal = { id: 'd', site: 'shop', at: AT, status: 'won' }
export const cost = { site: 'shop', date: '2026-01-15', source: 'yandex', cost: 10 }
export const lease = {
  site: 'shop',
  pool: 'old',
  number: '8 495 111-22-33',
  visitor: 'v',
  session: 's',
  from: AT,
  seen: AT,
  to: AT,
}
export const annotation = { id: 'a', site: 'shop', at: AT, on: { kind: 'call', id: 'c' }, verdict: 'spam' }

/** The same fact under another id; costs and leases have keys instead. */
export function named(good: object, id: string): object {
  if ('id' in good) return { ...good, id }
  return 'date' in good ? { ...good, content: id } : { ...good, session: id }
}
