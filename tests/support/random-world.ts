import fc from 'fast-check'
import { DAY, fact, HOUR, type LoggedFact, MINUTE, SECOND, START_MS, type WorldFact } from './matching-world.ts'

/** One of these, all as likely. */
export const of = <Value>(...values: Value[]) => fc.constantFrom(...values)
const visitor = of('v1', 'v2', 'v3', 'v4', 'anonymous')
// Some look like later pieces of others.
const session = of('s1', 's2', 's3', 's1.2', 'v1:1', '')
const phone = of('', '+79261110001', '+79261110002', '+79261110003', '+79990000000')
const email = of('', 'ann@mail.ru', 'bob@mail.ru', 'boss@shop-mail.ru')
const ga = of('', '', '1.1', '2.2')
const number = of('+74951110001', '+74951110002', '+74952220000', '+74959999999')
const moment = fc
  .tuple(of(0, 0, 0, DAY, 40 * DAY), fc.integer({ min: 0, max: 120 }), of(0, 3 * SECOND, 20 * SECOND))
  .map(([day, minute, second]) => START_MS + day + minute * MINUTE + second)
const late = of(0, 0, 2 * SECOND, HOUR, 3 * DAY)

const traffic = of(
  { source: '(direct)', medium: '(none)', channel: 'direct' },
  { source: '(internal)', medium: '(none)', channel: 'internal' },
  { source: 'yandex', medium: 'cpc', campaign: 'spring', channel: 'paid_search', click_ids: { yclid: '7' } },
  { source: 'google', medium: 'organic', channel: 'organic_search' },
)

const event = fc
  .record({
    ...{
      id: of('e1', 'e2', 'e3', 'e4', 'e5', 'e6', 'e7', 'e8', 'e9', 'e10', 'e11', 'e12'),
      at: moment,
      late,
      visitor,
      session,
      ga,
    },
    ...{
      phone,
      email,
      traffic,
      bot: of(0, 0, 0, 1),
      trusted: of(0, 0, 1),
      type: of('page', 'page', 'leave', 'form', 'identify', 'click'),
    },
    user: of('', '', 'u1', 'u2'),
    clicked: of('+74951110001', '8 495 111-00-02', ''),
    engaged_ms: of(0, 9_000, 20_000),
  })
  .map(({ late: after, traffic: brought, type, phone: tel, email: mail, user, clicked, ...said }) => {
    const isNaming = type === 'form' || type === 'identify'
    const click = type === 'click' ? { click_kind: 'phone', click_target: clicked } : {}
    const says = isNaming ? { phone: tel, email: mail, user } : click
    return fact('events', { ...said, ...says, type, ...(type === 'page' ? brought : {}), received_at: said.at + after })
  })
const lease = fc
  .record({
    at: moment,
    late,
    number,
    visitor,
    session: of('s1', 's2', 's3', 's1.2'),
    seen: of(0, MINUTE, 10 * MINUTE),
    change: of('taken', 'renewed', 'released'),
  })
  .map(({ at, late: after, seen, ...said }) =>
    fact('leases', {
      ...said,
      id: '',
      pool: 'main',
      from: at,
      seen: at + seen,
      to: at + seen + 3 * MINUTE,
      received_at: at + after,
    }),
  )
const clocks: Record<string, number> = { fast: 25 * SECOND, slow: -12 * SECOND }
const call = fc
  .record({
    ...{
      id: of('c1', 'c2', 'c3', 'e1'),
      at: moment,
      late,
      from: phone,
      to: number,
      direction: of('in', 'in', 'in', 'out'),
    },
    ...{
      talk: of(0, 60),
      status: of('answered', 'missed'),
      version: of(0, 0, 1, 2),
      ga,
      visitor: of('', '', '', 'v1', 'v2'),
    },
    session: of('', '', '', 's1', 's1.2', 'v1:1'),
    provider: of('', 'fast', 'fast', 'slow'),
  })
  .map(({ late: after, at, ...said }) =>
    // A clock that is ahead is found out by what it says of calls yet to come.
    fact('calls', { ...said, at: at + (clocks[said.provider] ?? 0), received_at: at + after }),
  )
const lead = fc
  .record({
    id: of('e1', 'e2', 'm1', 'm2'),
    at: moment,
    late,
    phone,
    email,
    visitor: of('', 'v1', 'v3'),
    session: of('', 's3', 's1.2'),
    ga,
    version: of(0, 1),
  })
  .map(({ late: after, ...said }) => fact('leads', { ...said, kind: 'chat', received_at: said.at + after }))
const deal = fc
  .record({
    ...{
      id: of('d1', 'c1', 'e1'),
      at: moment,
      late,
      status: of('open', 'won', 'lost'),
      amount: of(null, '100', '12.5'),
    },
    ...{ contact_id: of('', 'k1', 'k2', 'k3', 'k4'), phones: fc.uniqueArray(phone.filter(Boolean), { maxLength: 2 }) },
    ...{
      emails: fc.uniqueArray(email.filter(Boolean), { maxLength: 1 }),
      visitor: of('', '', 'v2'),
      ga,
      call: of('', '', 'c1', 'c9'),
    },
    ...{ lead: of('', '', 'e1', 'm1'), created_at: fc.option(moment), version: of(0, 0, 1) },
  })
  .map(({ late: after, ...said }) => fact('deals', { ...said, received_at: said.at + after }))
const annotation = fc
  .record({
    id: of('a1', 'a2'),
    at: moment,
    on_kind: of('call', 'lead'),
    on_id: of('c1', 'e1', 'm1'),
    verdict: of('', 'target', 'spam'),
  })
  .map((said) => fact('annotations', said))

/** A small world in which much meets: few people, phones and numbers, and facts that come late, twice and contradict. */
export const anyFacts = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: event },
    { weight: 4, arbitrary: lease },
    { weight: 5, arbitrary: call },
    lead,
    { weight: 2, arbitrary: deal },
    annotation,
  ),
  { minLength: 5, maxLength: 30 },
)

/** Each fact in a log of its own: any order of arrival is one the writers could have produced. */
export function logApart(facts: readonly WorldFact[], site: string): LoggedFact[] {
  return facts.map((one, index) => ({
    ...one,
    row: { ...one.row, site },
    ...{ node: `${site}n${index}`, segment: 0, line: 0 },
  }))
}

export function ordered<Value>(values: readonly Value[], by: readonly number[]): Value[] {
  return values
    .map((value, index) => ({ value, key: by[index] ?? 0 }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ value }) => value)
}
