import { afterEach, beforeEach, expect, test } from 'vitest'
import { personId } from '#domain/identifier.ts'
import { freshStore } from '#tests/support/fresh-store.ts'
import { fact, fixedSettings, landFacts, logFacts, shop, START_MS as T } from '#tests/support/matching-world.ts'
import { openProjection, type Projection } from '../projection.ts'
import { compareTables, createRebuildTables, REBUILD_SUFFIX } from '../rebuild/rebuild-tables.ts'

let store: Awaited<ReturnType<typeof freshStore>>
beforeEach(async () => {
  store = await freshStore()
})
afterEach(() => store.drop())

test('a start writes down by which rule an identifier is shared, where an earlier version did not', async () => {
  const options = { store, settings: fixedSettings(shop), now: () => T }
  const phone = '+74951112233'
  const calls = ['v1', 'v2'].map((visitor, index) =>
    fact('events', {
      id: `e${index}`,
      at: T + index,
      type: 'identify',
      visitor,
      session: `s${index}`,
      phone,
      email: `${visitor}@mail.ru`,
    }),
  )
  await landFacts(store, logFacts(calls))
  const first = await openProjection(options)
  while (await first.step());
  const ask = () =>
    store.query('SELECT kind, value, shared, shared_rule, shared_max FROM identities FINAL WHERE shared = 1')
  const ruled = [{ kind: 'phone', value: phone, shared: 1, shared_rule: 'strangers', shared_max: 1 }]
  expect(await ask()).toEqual(ruled)
  await store.command(
    "INSERT INTO identities SELECT * REPLACE('' AS shared_rule, 0 AS shared_max) FROM identities WHERE shared = 1",
  )
  expect(await ask()).toEqual([{ ...ruled[0], shared_rule: '', shared_max: 0 }])
  const second = await openProjection(options)
  while (await second.step());
  expect(await ask()).toEqual(ruled)
})

test('a start knows the clock of a provider whose calls name nobody any more', async () => {
  const clock = { site: 'shop', provider: 'pbx', period: '2026-10-29', skew_ms: 40_000, jitter_ms: 900, calls: 200 }
  await store.insert('provider_clocks', [{ ...clock, version: 1, is_deleted: 0 }])
  const { sites } = await openProjection({ store, settings: fixedSettings(shop), now: () => T })
  expect(sites.get('shop')?.graph.edges).toBe(0)
  expect(sites.get('shop')?.clocks.of({ provider: 'pbx', at: Date.UTC(2026, 9, 30) })).toMatchObject({
    skew_ms: 40_000,
  })
})

async function readAll(projection: Projection): Promise<void> {
  while (await projection.step());
}

test('a start with other settings puts right whoever is far from the others in memory', async () => {
  const settings = fixedSettings(shop)
  const options = { store, settings, now: () => T }
  // Worked out 5,000 at a time, in the order of the table.
  const facts = Array.from({ length: 5_100 }, (_, index) => {
    const isTelling = index === 0 || index === 5_099
    const visitor = `v${String(index).padStart(4, '0')}`
    const said = isTelling ? { type: 'identify', phone: '+79261110001' } : {}
    return fact('events', { id: `e${index}`, at: T + index, visitor, ...said })
  })
  await landFacts(store, logFacts(facts, 'n1', facts.length))
  await readAll(await openProjection(options))
  const persons = () =>
    store.query<{ n: number }>(
      "SELECT toFloat64(uniqExact(person)) AS n FROM identities FINAL WHERE kind = 'visitor' AND value IN ('v0000', 'v5099')",
    )
  expect(await persons()).toEqual([{ n: 1 }])
  const [mine] = shop.site ?? []
  settings.change('site', { ...mine, blocked: ['+79261110001'] })
  await readAll(await openProjection(options))
  expect(await persons()).toEqual([{ n: 2 }])
  await createRebuildTables(store)
  await readAll(await openProjection({ ...options, suffix: REBUILD_SUFFIX, fresh: true }))
  expect(await compareTables(store, undefined)).toEqual([])
}, 60_000)

test('a start with other settings knows whom somebody meant by a phone that was the company’s own', async () => {
  const [mine] = shop.site ?? []
  const phone = '+79261110001'
  const settings = fixedSettings({ ...shop, site: [{ ...mine, blocked: [phone] }] })
  const options = { store, settings, now: () => T }
  const merge = [personId('shop', 'phone', phone), personId('shop', 'visitor', 'v1')]
  const facts = [
    fact('events', { id: 'e1', at: T, visitor: 'v1', session: 's1' }),
    fact('calls', { id: 'c1', at: T + 1, from: phone, to: '+74959999999', direction: 'in', status: 'answered' }),
    fact('annotations', { id: 'a1', at: T + 2, on_kind: 'person', on_id: merge[0] as string, merge }),
  ]
  await landFacts(store, logFacts(facts))
  await readAll(await openProjection(options))
  settings.change('site', { ...mine, blocked: [] })
  await readAll(await openProjection(options))
  const persons = await store.query<{ person: string }>(
    "SELECT DISTINCT person FROM identities FINAL WHERE (kind, value) IN (('visitor', 'v1'), ('phone', '+79261110001'))",
  )
  expect(persons).toHaveLength(1)
  await createRebuildTables(store)
  await readAll(await openProjection({ ...options, suffix: REBUILD_SUFFIX, fresh: true }))
  expect(await compareTables(store, undefined)).toEqual([])
})

test.each([
  ['a number that stands for none', '+79990000000', ''],
  ['a desk behind a listed number', '+74951230000', '12'],
])('other settings leave the calls of %s as a rebuild has them', async (_, from, from_extension) => {
  const [mine] = shop.site ?? []
  const settings = fixedSettings({ ...shop, site: [{ ...mine, blocked: [from] }] })
  const options = { store, settings, now: () => T }
  await landFacts(
    store,
    logFacts([
      fact('calls', { id: 'c1', at: T, from, from_extension, to: '+74959999999', direction: 'in', status: 'answered' }),
    ]),
  )
  const live = await openProjection(options)
  await readAll(live)
  settings.change('site', { ...mine, blocked: [] })
  await readAll(live)
  await createRebuildTables(store)
  await readAll(await openProjection({ ...options, suffix: REBUILD_SUFFIX, fresh: true }))
  const [row] = await store.query<{ n: number }>('SELECT toFloat64(count()) AS n FROM conversions_rebuild FINAL')
  expect(row?.n).toBe(1)
  expect(await compareTables(store, undefined)).toEqual([])
})

test('a start with other settings writes down by which other rule something is shared', async () => {
  const [mine] = shop.site ?? []
  const email = 'ann@mail.ru'
  const phones = Array.from({ length: 9 }, (_, index) => `+7926111000${index}`)
  const facts = [
    ...phones.map((phone, index) => fact('leads', { id: `l${index}`, at: T + index, kind: 'chat', phone, email })),
    ...['k1', 'k2'].map((contact_id) =>
      fact('deals', { id: contact_id, at: T + 20, status: 'open', contact_id, emails: [email] }),
    ),
  ]
  const settings = fixedSettings(shop)
  const options = { store, settings, now: () => T }
  const ruled = () => store.query('SELECT value, shared_rule, shared_max FROM identities FINAL WHERE shared = 1')
  await landFacts(store, logFacts(facts))
  await readAll(await openProjection(options))
  expect(await ruled()).toEqual([{ value: email, shared_rule: 'phone', shared_max: 8 }])
  settings.change('site', { ...mine, blocked: [phones[0] as string] })
  await readAll(await openProjection(options))
  expect(await ruled()).toEqual([{ value: email, shared_rule: 'strangers', shared_max: 1 }])
  await createRebuildTables(store)
  await readAll(await openProjection({ ...options, suffix: REBUILD_SUFFIX, fresh: true }))
  expect(await compareTables(store, undefined)).toEqual([])
})
