import type { Random } from '../support/random.ts'
import type { Counted } from './ledger.ts'

export const SITE = 'soak'

/** A request, and the facts in it as the ledger names them. */
export interface Message {
  path: string
  type: string
  body: string
  is_trusted: boolean
  visitor: string
  table: Counted
  facts: string[]
}

const weights = { page: 50, bulk: 6, call: 10, lead: 8, deal: 14, cost: 6 } as const
const VISITORS = 1_000
const VISITORS_AT_ONCE = 60
const FACTS_PER_VISITOR = 40
const home = 'https://soak.example/'

/** Makes requests of all kinds, each fact with an identity that no other has. */
export function openMessages(random: Random): { next(): Message } {
  let counter = 0
  let openDeals: { id: string; version: number }[] = []
  const id = (kind: string) => `${kind}${counter++}`
  const now = () => new Date().toISOString()
  // Visitors come, go and come back: of those who are there now one is taken. Each has a phone; now and then it is another's.
  const someone = () => (Math.floor(counter / FACTS_PER_VISITOR) + random.whole(0, VISITORS_AT_ONCE)) % VISITORS
  const phoneOf = (who: number) => `+7916${String(random.chance(0.02) ? someone() : who).padStart(7, '0')}`

  function event(who: number): { id: string } & Record<string, unknown> {
    const base = { id: id('e'), at: now(), url: `${home}${random.whole(0, 20)}` }
    const kind = random.weighted({ page: 70, form: 10, identify: 5, leave: 15 })
    if (kind === 'form') return { ...base, type: 'form', form: { id: 'order', fields: { phone: phoneOf(who) } } }
    if (kind === 'identify') return { ...base, type: 'identify', phone: phoneOf(who) }
    if (kind === 'leave') return { ...base, type: 'leave', engaged_ms: random.whole(0, 60_000) }
    return { ...base, type: 'page', title: 'Ж'.repeat(random.whole(0, 40)) }
  }
  function events(count: number, more: object): Pick<Message, 'visitor' | 'table' | 'facts'> & { value: object } {
    const who = someone()
    const visitor = `v${who}`
    const list = Array.from({ length: count }, () => event(who))
    // A tab that lives for some minutes and then is another session of the same visitor.
    const session = `${visitor}.${Math.floor(Date.now() / 240_000)}`
    const value = { site: SITE, visitor, session, events: list, ...more }
    return { visitor, table: 'events', facts: list.map((each) => each.id), value }
  }
  const makers: Record<keyof typeof weights, () => Message> = {
    page() {
      const { value, ...rest } = events(random.whole(1, 8), { sent_at: now(), lease: random.chance(0.6) })
      return { ...rest, path: '/v1/events', type: 'text/plain', body: JSON.stringify(value), is_trusted: false }
    },
    bulk() {
      const parts = Array.from({ length: random.whole(10, 60) }, () => events(random.whole(1, 5), {}))
      return {
        path: '/v1/events',
        type: 'application/x-ndjson',
        body: parts.map(({ value }) => `${JSON.stringify(value)}\n`).join(''),
        is_trusted: true,
        visitor: '',
        table: 'events',
        facts: parts.flatMap(({ facts }) => facts),
      }
    },
    call() {
      const call = {
        id: id('c'),
        to: `+7495700${1000 + random.whole(0, 200)}`,
        from: phoneOf(someone()),
        status: 'answered',
      }
      return trusted('/v1/calls', 'calls', { ...call, at: now(), duration: 60, talk: 40, version: 1 })
    },
    lead: () =>
      trusted('/v1/leads', 'leads', { id: id('l'), at: now(), kind: 'chat', phone: phoneOf(someone()), version: 1 }),
    deal() {
      const open = openDeals.length > 0 && random.chance(0.6) ? random.pick(openDeals) : undefined
      const deal = open ?? { id: id('d'), version: 0 }
      const status = open ? random.weighted({ open: 2, won: 6, lost: 1 }) : 'open'
      openDeals = openDeals.filter((each) => each !== open)
      const next = { id: deal.id, version: deal.version + 1 }
      if (status === 'open') openDeals.push(next)
      const who = someone()
      const contact = { id: `crm${who}`, phones: [phoneOf(who)] }
      return trusted('/v1/deals', 'deals', { ...next, at: now(), status, amount: 1000, currency: 'RUB', contact })
    },
    cost() {
      const campaign = id('k')
      const key = { date: now().slice(0, 10), source: 'yandex', medium: 'cpc', campaign, content: '', term: '' }
      return trusted('/v1/costs', 'costs', {
        id: campaign,
        ...key,
        cost: 1,
        currency: 'RUB',
        clicks: 1,
        impressions: 1,
      })
    },
  }
  return { next: () => makers[random.weighted(weights)]() }
}

function trusted(
  path: string,
  table: Counted,
  fact: { id: string; version?: number; [field: string]: unknown },
): Message {
  const name = fact.version === undefined ? fact.id : `${fact.id}@${fact.version}`
  const body = JSON.stringify({ site: SITE, ...fact })
  return { path, type: 'application/json', body, is_trusted: true, visitor: '', table, facts: [name] }
}
