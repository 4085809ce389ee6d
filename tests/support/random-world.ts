import fc from 'fast-check'
import { type IdentifierKind, personId } from '#domain/identifier.ts'
import type { FactRow } from '#storage/fact-tables.ts'
import { DAY, fact, HOUR, type LoggedFact, MINUTE, SECOND, START_MS, type WorldFact } from './matching-world.ts'

/** A world has no more facts. */
export const FACTS_MAX = 30

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

const name = of('', 'Anna', 'anna petrova', 'Анна Петрова', 'Boris', 'Boris Orlov', 'Lev Kim')
const url = of('', 'https://shop.example/', 'https://shop.example/flats')

const traffic = of<Partial<FactRow<'events'>>>(
  { source: '(direct)', medium: '(none)', channel: 'direct' },
  { source: '(internal)', medium: '(none)', channel: 'internal' },
  { source: 'yandex', medium: 'cpc', campaign: 'spring', channel: 'paid_search', click_ids: { yclid: '7' } },
  { source: 'google', medium: 'organic', channel: 'organic_search' },
  ...['1', '2'].map((yclid) => ({
    ...{ source: 'yandex', medium: 'cpc', channel: 'paid_search', click_ids: { yclid } },
    url: `https://shop.example/?yclid=${yclid}`,
  })),
  ...['google', '(not set)'].map((source) => ({
    ...{ source, medium: '(not set)', campaign: 'spring', channel: 'referral' },
    url: 'https://shop.example/zhk?utm_campaign=spring',
  })),
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
      ga_session: of('', '1772443233', '1772449999'),
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
    asks: fc.record({ form_id: of('', '', 'order'), url, contact_name: name, ip: of('10.0.0.0', '10.0.1.0') }),
    country: of('', 'RU', 'DE'),
  })
  .map(({ late: after, traffic: brought, type, phone: tel, email: mail, user, clicked, asks, ...said }) => {
    const isNaming = type === 'form' || type === 'identify'
    const click = type === 'click' ? { click_kind: 'phone', click_target: clicked } : {}
    const says = isNaming ? { phone: tel, email: mail, user } : click
    const form = type === 'form' ? asks : {}
    const received_at = said.at + after
    return fact('events', { ...said, ...says, ...form, type, ...(type === 'page' ? brought : {}), received_at })
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
    kind: of('chat', 'form', 'form', 'callback', 'marketplace'),
    name,
    url,
  })
  .map(({ late: after, ...said }) => fact('leads', { ...said, received_at: said.at + after }))
/** Forms and messages of the same few minutes under ids of their own: repeats, and requests of their own. */
const halfMinute = fc.integer({ min: 0, max: 16 }).map((half) => START_MS + half * 30 * SECOND)
const message = fc
  .record({
    ...{ id: of('w1', 'w2', 'w3', 'w4', 'e3'), at: halfMinute, late, version: of(0, 0, 1) },
    ...{ phone: of('+79261110001', '+79261110002'), visitor: of('', '', 'v1'), kind: of('form', 'form', 'other'), url },
  })
  .map(({ late: after, ...said }) => fact('leads', { ...said, received_at: said.at + after }))
const sentForm = fc
  .record({
    ...{ id: of('e3', 'e4', 'e5', 'e6'), at: halfMinute, late, visitor: of('v1', 'v1', 'v2'), session, url },
    ...{ phone: of('', '+79261110001', '+79261110002'), form_id: of('', 'order'), trusted: of(0, 0, 1) },
  })
  .map(({ late: after, ...said }) =>
    fact('events', { ...said, type: 'form', ip: '10.0.0.0', received_at: said.at + after }),
  )
/** So many requests from one number within a day that it shows (five do), some in two versions, some a day later. */
const CROWD_MAX = 14
const requestOfCrowd = (ids: readonly string[], version: 0 | 1) =>
  fc.record({
    ...{ id: of(...ids), source: of('board', 'portal'), late, version: fc.constant(version) },
    ...{ hour: fc.integer({ min: 0, max: 12 }), day: of(0, 0, 0, 0, 0, 0, 0, 0, DAY) },
  })
const crowdIds = ['x1', 'x2', 'x3', 'x4', 'x5', 'x6', 'x7', 'x8', 'x9']
const byId = { selector: ({ id }: { id: string }) => id }
const crowd = fc
  .tuple(
    fc.uniqueArray(requestOfCrowd(crowdIds, 0), { minLength: 7, maxLength: 9, ...byId }),
    fc.uniqueArray(requestOfCrowd(crowdIds.slice(0, 5), 1), { maxLength: CROWD_MAX - 9, ...byId }),
  )
  .map((both) =>
    both.flat().map(({ hour, day, late: after, ...said }) => {
      const at = START_MS + day + hour * HOUR
      return fact('leads', { ...said, at, kind: 'marketplace', phone: '+79267770000', received_at: at + after })
    }),
  )
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
    ...{ lead: of('', '', 'e1', 'm1', 'w1'), created_at: fc.option(moment), version: of(0, 0, 1) },
    ...{ reason: of(null, 'price', 'spam'), contact_name: name },
  })
  .map(({ late: after, ...said }) => fact('deals', { ...said, received_at: said.at + after }))
const annotation = fc
  .record({
    id: of('a1', 'a2'),
    at: moment,
    on_kind: of('call', 'lead'),
    on_id: of('c1', 'e1', 'm1', 'w1', 'e3'),
    verdict: of('', 'target', 'spam'),
  })
  .map((said) => fact('annotations', said))

/** A person somebody names by hand, by the identifier it is founded on; `logApart` makes an id of it. */
const founder = of(
  'visitor\nv1',
  'visitor\nv2',
  'visitor\nv3',
  'contact\nk1',
  'call\nc1',
  'phone\n+79261110001',
  'visitor\nnobody',
)
const split = of(
  ['phone', '+79261110001'],
  ['phone', '+79261110002'],
  ['email', 'ann@mail.ru'],
  ['visitor', 'v2'],
  ['contact', 'k2'],
  ['person', 'visitor\nv3'],
)
const hand = fc
  .record({ id: of('h1', 'h2', 'h3', 'h4'), at: moment, late, on_id: founder, other: founder, split: fc.option(split) })
  .map(({ late: after, other, split: cut, ...said }) =>
    fact('annotations', {
      ...{ ...said, on_kind: 'person', received_at: said.at + after },
      ...(cut ? { split_kind: cut[0] as string, split_value: cut[1] as string } : { merge: [said.on_id, other] }),
    }),
  )

/** A small world in which much meets: few people, phones and numbers, and facts that come late, twice and contradict. */
export const anyFacts = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: event },
    { weight: 4, arbitrary: lease },
    { weight: 5, arbitrary: call },
    lead,
    { weight: 2, arbitrary: deal },
    annotation,
    hand,
  ),
  { minLength: 5, maxLength: FACTS_MAX },
)

/** A world of requests: the same told twice under several ids, others close to it, and many from one number. */
export const manyRequests = fc
  .tuple(
    fc.array(
      fc.oneof(
        { weight: 5, arbitrary: message },
        { weight: 5, arbitrary: sentForm },
        { weight: 2, arbitrary: deal },
        { weight: 1, arbitrary: event },
        annotation,
      ),
      { minLength: 10, maxLength: FACTS_MAX - CROWD_MAX },
    ),
    crowd,
  )
  .map(([facts, more]) => [...facts, ...more])

const quarterHours = of(3 * HOUR, -5 * HOUR, 5.75 * HOUR)
const rung = fc.record({
  ...{ wait: fc.integer({ min: 11, max: 700 }), number: of('+74951110001', '+74951110002'), from: phone },
  ...{
    visitor: of('v1', 'v2', 'v3', 'v4'),
    session: of('s1', 's2', 's3', ''),
    isHeld: of(true, true, true, true, false),
  },
  told_after: of(2 * SECOND, 2 * SECOND, 2 * SECOND, 3 * DAY),
})

/** A world of calls by a provider whose clock is set to another zone, and maybe set anew in the midst, among other facts. */
export const zoneCalls = fc
  .record({
    ...{
      ahead: quarterHours,
      later: of<number | undefined>(undefined, 0, 4 * HOUR),
      changed: fc.integer({ min: 4, max: 8 }),
    },
    rings: fc.array(rung, { minLength: 9, maxLength: 12 }),
    others: fc.array(fc.oneof(event, lease, call, deal), { maxLength: FACTS_MAX - 24 }),
  })
  .map(({ ahead, later = ahead, changed, rings, others }) => {
    let at = START_MS
    const told = rings.flatMap(({ wait, number: to, isHeld, told_after, visitor: of, session: visit, from }, index) => {
      at += wait * MINUTE
      const times = { from: at, seen: at + MINUTE, to: at + 4 * MINUTE }
      const shown = { number: to, visitor: of, session: visit || `z${index}`, pool: 'main', ...times, received_at: at }
      const by = { provider: 'zone', from, to, duration: 10, received_at: at + 30 * SECOND + told_after }
      const rang = fact('calls', { id: `z${index}`, at: at + 20 * SECOND + (index < changed ? ahead : later), ...by })
      return isHeld ? [fact('leases', shown), rang] : [rang]
    })
    return [...told, ...others]
  })

/** Each fact in a log of its own: any order of arrival is one the writers could have produced. */
export function logApart(facts: readonly WorldFact[], site: string): LoggedFact[] {
  return facts.map((one, index) => ({
    ...one,
    row: { ...one.row, ...personsNamed(one, site), site },
    ...{ node: `${site}n${index}`, segment: 0, line: 0 },
  }))
}

/** Ids of persons depend on the site. */
function personsNamed({ table, row }: WorldFact, site: string): Partial<FactRow<'annotations'>> {
  const said = row as FactRow<'annotations'>
  if (table !== 'annotations' || said.on_kind !== 'person') return {}
  const idOf = (founded: string) => {
    const [kind, value] = founded.split('\n') as [IdentifierKind, string]
    return personId(site, kind, value)
  }
  return {
    on_id: idOf(said.on_id),
    merge: said.merge.map(idOf),
    split_value: said.split_kind === 'person' ? idOf(said.split_value) : said.split_value,
  }
}

export function ordered<Value>(values: readonly Value[], by: readonly number[]): Value[] {
  return values
    .map((value, index) => ({ value, key: by[index] ?? 0 }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ value }) => value)
}
