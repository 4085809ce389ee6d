import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EventEnvelope, TrackedEvent } from './event.ts'
import { plainEnvelope, plainPage } from './plain-event.ts'

const noise = fc.oneof(
  fc.jsonValue({ depthSize: 'small' }),
  fc.constantFrom('', ' ', 'x'.repeat(129), null, -1, Number.POSITIVE_INFINITY),
)
const text = fc.string({
  unit: fc.oneof(fc.string({ minLength: 1, maxLength: 1 }), fc.constantFrom('\0', '\ud83d', 'ж')),
})
const id = fc.stringMatching(/^[A-Za-z0-9._:-]{1,128}$/)
const moment = fc.oneof(
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  fc.tuple(fc.nat(9999), fc.nat(13), fc.nat(32), fc.nat(25), fc.nat(61)).map(([year, ...rest]) => {
    const [month, day, hour, minute] = rest.map((number) => String(number).padStart(2, '0'))
    return `${String(year).padStart(4, '0')}-${month}-${day}T${hour}:${minute}:07.${minute}0Z`
  }),
  fc.constantFrom('2026-11-21T10:00:02+03:00', '2026-11-21T10:00:0x.123Z', '2026-11-21'),
  fc.double(),
)
const url = fc.oneof(
  fc.webUrl({ withQueryParameters: true, withFragments: true }),
  text.map((path) => `https://shop.example/${path}`),
  fc.constantFrom('https://', 'javascript:alert(1)', 'android-app://org.telegram', ''),
)
const client_ids = fc.record({ ga: text, ym: text, ga_session: text }, { requiredKeys: [] })

const envelope = mostly({
  site: fc.constantFrom('shop', 'ж', 'x'.repeat(64), 'x'.repeat(65)),
  visitor: id,
  session: id,
  client_ids,
  sent_at: moment,
  events: fc.array(fc.jsonValue()),
  cookie_domain: fc.oneof(text, fc.constantFrom('shop.example', 'x'.repeat(254))),
  lease: fc.boolean(),
  ip: fc.oneof(text, fc.constantFrom('192.0.2.1', '', 'x'.repeat(65))),
  user_agent: fc.oneof(text, fc.constantFrom('x'.repeat(2049), '')),
})
const page = mostly({
  type: fc.constantFrom('page', 'page', 'page', 'leave'),
  id,
  at: moment,
  url,
  referrer: url,
  title: text,
  more: fc.jsonValue(),
})

test.each([
  ['an envelope', envelope, plainEnvelope, EventEnvelope],
  ['a page', page, plainPage, TrackedEvent],
] as const)('%s that is read by hand is what its schema makes of it', (_, anyValue, readPlain, schema) => {
  let read = 0
  fc.assert(
    fc.property(fc.oneof({ arbitrary: anyValue, weight: 9 }, { arbitrary: noise, weight: 1 }), (value) => {
      const plain = readPlain(value)
      if (plain === undefined) return
      read++
      const parsed = schema.parse(value)
      expect(withoutEmpty(plain)).toEqual(withoutEmpty(parsed))
    }),
    { numRuns: 3000 },
  )
  expect(read).toBeGreaterThan(100)
})

test('what a browser sends is read by hand', () => {
  const event = { id: 'e', type: 'page', at: '2026-11-21T10:00:00.000Z', url: 'https://shop.example/', referrer: '' }
  const batch = {
    site: 'shop',
    visitor: 'v',
    session: 's',
    client_ids: {},
    sent_at: 1_795_000_000_000,
    events: [event],
  }
  expect(plainPage(event)).toBeDefined()
  expect(plainEnvelope(batch)).toBeDefined()
  expect(plainEnvelope({ ...batch, lease: true })).toMatchObject({ lease: true })
})

test('what a server sends is read by hand, and a name left out is no empty name', () => {
  const batch = { site: 'shop', visitor: 'v', events: [] }
  expect(plainEnvelope(batch)).toEqual(batch)
  const named = { ...batch, ip: '1.2.3.4', user_agent: '' }
  expect(plainEnvelope(named)).toEqual(named)
})

/** Records of these fields, one of which is now and then missing or something else. */
function mostly<Fields extends Record<string, unknown>>(
  fields: { [Name in keyof Fields]: fc.Arbitrary<Fields[Name]> },
) {
  const names = Object.keys(fields)
  return fc
    .tuple(fc.record(fields), fc.option(fc.tuple(fc.constantFrom(...names), fc.option(noise)), { freq: 2 }))
    .map(([record, change]): Record<string, unknown> => {
      if (!change) return record
      const [name, value] = change
      return Object.fromEntries(
        Object.entries({ ...record, [name]: value }).filter(([key]) => key !== name || value !== null),
      )
    })
}

/** An empty text, a null and an absent one are one and the same to whoever reads them. */
function withoutEmpty(value: object): object {
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, field]) => field !== '' && field !== undefined && field !== null)
      .map(([name, field]) => [name, name === 'client_ids' ? withoutEmpty(field) : field]),
  )
}
