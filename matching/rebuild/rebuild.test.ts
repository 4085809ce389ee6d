import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Store } from '#storage/client.ts'
import { freshStore } from '#tests/support/fresh-store.ts'
import { fact, fixedSettings, landFacts, logFacts, MINUTE, shop, START_MS as T } from '#tests/support/matching-world.ts'
import { openProjection, type Projection } from '../projection.ts'
import { rebuild } from './rebuild.ts'

let store: Awaited<ReturnType<typeof freshStore>>
beforeEach(async () => {
  store = await freshStore()
})
afterEach(() => store.drop())

let logs = 0
function land(at: number): Promise<void> {
  logs += 1
  return landFacts(store, logFacts([fact('events', { id: `e${at}`, at, visitor: 'v1', session: 's1' })], `n${logs}`))
}

async function catchUp(projection: Projection): Promise<boolean> {
  let hadMore = false
  while (await projection.step()) hadMore = true
  return hadMore
}

describe('a check', () => {
  test('does not take facts that land while it looks for a difference', async () => {
    const options = { store, settings: fixedSettings(shop), now: () => T }
    const live = await openProjection(options)
    await land(T)
    let rounds = 0
    const report = await rebuild(
      {
        store,
        projection: () => live,
        async paused(work) {
          await catchUp(live)
          await land(T + MINUTE)
          return work(async () => {
            if (rounds++ < 2) await land(T + (1 + rounds) * MINUTE)
            return catchUp(live)
          })
        },
      },
      options,
      { check: true },
    )
    expect(report).toMatchObject({ differences: [], swapped: false })
    expect(rounds).toBeGreaterThan(0)
  })
})

test('a start after a rebuild has nothing to look at again', async () => {
  const options = { store, settings: fixedSettings(shop), now: () => T }
  const live = await openProjection(options)
  await land(T)
  await catchUp(live)
  const run = {
    store,
    projection: () => live,
    paused: <R>(work: (more: () => Promise<boolean>) => Promise<R>) => work(() => catchUp(live)),
  }
  expect(await rebuild(run, options, {})).toMatchObject({ differences: [], swapped: true })
  expect(await (await openProjection(options)).step()).toBeUndefined()
})

test('one that is broken off leaves no copy of anything', async () => {
  const options = { store, settings: fixedSettings(shop), now: () => T }
  const live = await openProjection(options)
  await land(T)
  const gone = () => Promise.reject(new Error('gone'))
  await expect(rebuild({ store, projection: () => live, paused: gone }, options, {})).rejects.toThrow('gone')
  const left = await store.query(
    "SELECT name FROM system.tables WHERE database = currentDatabase() AND name LIKE '%_rebuild%'",
  )
  expect(left).toEqual([])
})

test('one whose process is killed in the midst of the swap has swapped all tables', async () => {
  const options = { store, settings: fixedSettings(shop), now: () => T }
  const live = await openProjection(options)
  await land(T)
  await catchUp(live)
  const wrong = { site: 'shop', version: 1, is_deleted: 0 }
  await store.insert('identities', [{ ...wrong, kind: 'visitor', value: 'nobody' }])
  await store.insert('sessions', [{ ...wrong, id: 'never' }])
  await store.insert('touchpoints', [{ ...wrong, conversion: 'none' }])
  // The first statement of the swap reaches ClickHouse; its sender does not live to send another.
  let isGone = false
  const command: Store['command'] = async (sql, ...more) => {
    if (isGone) throw new Error('gone')
    await store.command(sql, ...more)
    isGone = sql.startsWith('EXCHANGE')
    if (isGone) throw new Error('gone')
  }
  const dying = { ...store, command, shards: [{ ...store, command }] }
  const run = {
    store: dying,
    projection: () => live,
    paused: <R>(work: (more: () => Promise<boolean>) => Promise<R>) => work(() => catchUp(live)),
  }
  await expect(rebuild(run, { ...options, store: dying } as typeof options, {})).rejects.toThrow('gone')
  expect(isGone).toBe(true)
  for (const [table, column, value] of [
    ['identities', 'value', 'nobody'],
    ['sessions', 'id', 'never'],
    ['touchpoints', 'conversion', 'none'],
  ])
    expect(
      await store.query(`SELECT ${column} FROM ${table} FINAL WHERE ${column} = {value:String}`, { value }),
    ).toEqual([])
  expect(await store.query('SELECT id FROM sessions FINAL')).toHaveLength(1)
})

test('in a database that swaps one pair of tables at a time swaps all of them', async () => {
  const options = { store, settings: fixedSettings(shop), now: () => T }
  const live = await openProjection(options)
  await land(T)
  await catchUp(live)
  const wrong = { site: 'shop', version: 1, is_deleted: 0 }
  await store.insert('identities', [{ ...wrong, kind: 'visitor', value: 'nobody' }])
  await store.insert('sessions', [{ ...wrong, id: 'never' }])
  // As a replicated database, which takes a Keeper, says of itself and answers.
  const command: Store['command'] = async (sql, ...more) => {
    if (sql.startsWith('EXCHANGE') && sql.includes(','))
      throw new Error('it does not support renaming of multiple tables')
    await store.command(sql, ...more)
  }
  const query: Store['query'] = async (sql, ...more) =>
    sql.includes('system.databases') ? ([{ engine: 'Replicated' }] as never) : store.query(sql, ...more)
  const replicated = { ...store, command, query, shards: [{ ...store, command, query }] }
  const run = {
    store: replicated,
    projection: () => live,
    paused: <R>(work: (more: () => Promise<boolean>) => Promise<R>) => work(() => catchUp(live)),
  }
  expect((await rebuild(run, { ...options, store: replicated } as typeof options, {})).swapped).toBe(true)
  expect(await store.query("SELECT value FROM identities FINAL WHERE value = 'nobody'")).toEqual([])
  expect(await store.query('SELECT id FROM sessions FINAL')).toHaveLength(1)
})
