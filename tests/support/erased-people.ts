import { fact, MINUTE, START_MS as T, tracked, type WorldFact } from './matching-world.ts'

export const anna = '+79161112233'
export const boris = '+79169998877'

/** What Anna left, in every place that facts have for it. */
export function annasFacts(): WorldFact[] {
  const form = {
    phone: anna,
    email: 'anna@example.com',
    contact_name: 'Anna Petrova',
    form_fields: { Tel: '8916 1112233' },
  }
  return [
    fact('events', { id: 'page-anna', at: T, visitor: 'v-anna', session: 's-anna', ga: '11.22', ip: '10.0.0.0' }),
    fact('events', { id: 'form-anna', at: T + MINUTE, type: 'form', visitor: 'v-anna', session: 's-anna', ...form }),
    fact('leases', {
      id: 'lease-anna',
      from: T,
      seen: T + MINUTE,
      to: T + 3 * MINUTE,
      number: tracked,
      visitor: 'v-anna',
      session: 's-anna',
      pool: 'main',
      change: 'taken',
    }),
    fact('calls', { id: 'call-anna', at: T + MINUTE, from: anna, to: tracked, body: '8 916 111 22 33' }),
    fact('leads', {
      id: 'lead-anna',
      at: T + 2 * MINUTE,
      kind: 'chat',
      email: 'anna@example.com',
      name: 'Anna Petrova',
    }),
    fact('deals', {
      id: 'deal-anna',
      at: T + 3 * MINUTE,
      status: 'won',
      phones: [anna],
      contact_id: 'crm-anna',
      body: '89161112233',
    }),
    fact('annotations', {
      id: 'note-anna',
      at: T + 4 * MINUTE,
      on_kind: 'call',
      on_id: 'call-anna',
      comment: 'Anna again',
    }),
  ]
}

/** Whatever tells of her, in any of them. */
export const annasTexts = [
  ...[anna, '8 916 111', '89161112233', '8916 1112233', 'anna@example.com', 'Anna Petrova', 'Anna again', '11.22'],
  ...['v-anna', 's-anna', 'page-anna', 'form-anna', 'lease-anna', 'call-anna', 'lead-anna', 'deal-anna', 'crm-anna'],
]

/** What somebody else left, who was on Anna's number a little later. */
export function borissFacts(): WorldFact[] {
  return [
    fact('events', { id: 'page-boris', at: T, visitor: 'v-boris', session: 's-boris' }),
    fact('events', {
      id: 'form-boris',
      at: T + MINUTE,
      type: 'form',
      visitor: 'v-boris',
      session: 's-boris',
      phone: boris,
    }),
    // On the same number a little later: Anna's lease made it a question whose call this was.
    fact('leases', {
      id: 'lease-boris',
      from: T + MINUTE,
      seen: T + 2 * MINUTE,
      to: T + 4 * MINUTE,
      number: tracked,
      visitor: 'v-boris',
      session: 's-boris',
      pool: 'main',
      change: 'taken',
    }),
    fact('calls', { id: 'call-boris', at: T + 2 * MINUTE, from: boris, to: tracked }),
    fact('deals', { id: 'deal-boris', at: T + 3 * MINUTE, status: 'won', phones: [boris], amount: '100' }),
  ]
}
