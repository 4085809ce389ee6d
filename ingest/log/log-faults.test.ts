import { EventEmitter, once } from 'node:events'
import { cp, mkdir } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, inject, test } from 'vitest'
import { toByteText } from '#domain/byte-text.ts'
import { openStore, type Store } from '#storage/client.ts'
import { startEngine } from '#storage/engine/start-engine.ts'
import { migrate } from '#storage/migrations/migrate.ts'
import { migrationsFolder } from '#tests/support/fresh-store.ts'
import { dir, makeLogWorld, openLogHere as open, store } from '#tests/support/log-world.ts'
import { sampleLine } from './sample-event.ts'
import { failing, startCutter, watched } from './test-faults.ts'

makeLogWorld()

const lines = (...ids: string[]) => ids.map((id) => sampleLine({ id }))
const bad = (id: string) => toByteText(sampleLine({ id }).replace('"page",', '"page","not a time",'))

async function idsOf(node: string, from: Store = store): Promise<string[]> {
  const rows = await from.query<{ id: string }>(
    'SELECT id FROM events WHERE node = {node:String} ORDER BY segment, row',
    { node },
  )
  return rows.map(({ id }) => id)
}

describe('while ClickHouse is away', () => {
  test('the log opens, takes rows, and lands them when it is back', async () => {
    let isAway = true
    const log = await open({
      store: () => {
        if (isAway) throw new Error('not yet')
        return store
      },
    })
    await log.append([{ table: 'events', rows: lines('a') }])
    await log.append([{ table: 'events', rows: lines('b') }])
    isAway = false
    await log.drained()
    expect(await idsOf(log.status().node)).toEqual(['a', 'b'])
  })
  test('a server that takes requests and is silent is told of as such', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const { port } = silent.address() as AddressInfo
    const access = { user: 'u', password: 'p', database: 'd', request_timeout_ms: 50 }
    const mute = openStore({ url: `http://127.0.0.1:${port}`, ...access })
    const log = await open({ store: () => mute })
    await log.append([{ table: 'events', rows: lines('a') }])
    await expect.poll(() => log.status().last_flush_error).toBe('no answer in time')
    await log.close()
    await mute.close()
    silent.close()
    silent.closeAllConnections()
  })
  test('closing keeps the rows for the next start', async () => {
    const first = await open({ store: () => undefined })
    await first.append([{ table: 'events', rows: lines('a', 'b') }])
    await first.close()
    const second = await open()
    await second.landed(1)
    expect(second.status().node).toBe(first.status().node)
    expect(await idsOf(first.status().node)).toEqual(['a', 'b'])
  })
})

describe('a segment counts once', () => {
  test.each([
    ['the insert did its work and the answer was lost', ['send', 'send', 'send'] as const, 'after'],
    ['the insert never arrived', ['send', 'send'] as const, 'before'],
    ['counting the rows failed', ['query'] as const, 'before'],
    ['naming the segment failed', ['insert'] as const, 'before'],
    ['the segment was named and the answer was lost', ['insert'] as const, 'after'],
  ] as const)('when %s', async (_, calls, when) => {
    const flaky = failing(store, [...calls], when)
    const log = await open({ store: () => flaky })
    await log.append([{ table: 'events', rows: lines('a', 'b', 'c') }])
    await log.landed(1)
    expect(await idsOf(log.status().node)).toEqual(['a', 'b', 'c'])
    expect(await log.metrics.getSingleMetricAsString('throughline_log_flush_errors_total')).toContain('events')
  })

  test('when two processes send it at one moment', async () => {
    const first = await open({ dir: join(dir, 'one'), store: () => undefined, limits: { rows_max: 10_000 } })
    const ids = Array.from({ length: 20_000 }, (_, i) => `t${i}`)
    await first.append([{ table: 'events', rows: lines(...ids) }])
    const { node } = first.status()
    await first.close()
    await cp(join(dir, 'one'), join(dir, 'two'), { recursive: true })
    const both = await Promise.all(['one', 'two'].map((name) => open({ dir: join(dir, name) })))
    await Promise.all(both.map((log) => log.drained()))
    expect(await idsOf(node)).toEqual(ids)
  })

  test.each([
    ['in the middle of the body', 'body'],
    ['before the answer', 'answer'],
  ] as const)(
    'when the connection is cut %s, time and again',
    async (_, where) => {
      const engine = inject('engine')
      const cutter = await startCutter(engine.url, { where, cuts: 6 })
      const cut = openStore({ ...engine, url: cutter.url, database: store.database })
      const log = await open({ store: () => cut })
      const ids = Array.from({ length: 3000 }, (_, i) => `c${i}`)
      await log.append([{ table: 'events', rows: ids.map((id) => sampleLine({ id, title: 'x'.repeat(1000) })) }])
      await log.drained()
      expect(cutter.cuts()).toBe(6)
      expect(await idsOf(log.status().node)).toEqual(ids)
      await cut.close()
      await cutter.stop()
    },
    60_000,
  )

  test('when ingest dies at any step of its way to ClickHouse, refused rows and all', async () => {
    const copies: string[] = []
    let steps = 0
    const photographed = watched(store, async () => {
      const copy = join(dir, 'copies', String(steps++))
      await cp(join(dir, 'log'), copy, { recursive: true })
      copies.push(copy)
    })
    await mkdir(join(dir, 'copies'))
    const log = await open({ dir: join(dir, 'log'), store: () => photographed })
    await log.append([{ table: 'events', rows: [...lines('a'), bad('x'), ...lines('b')] }])
    await log.landed(1)
    expect(copies.length).toBeGreaterThan(8)
    // The past of each copy happened to this ClickHouse already, so each is a repeat of all or a part of it.
    for (const copy of copies) {
      const next = await open({ dir: copy })
      await next.landed(1)
      expect(next.status().node).not.toBe(log.status().node)
      await next.close()
    }
    const { node } = log.status()
    expect(await idsOf(node)).toEqual(['a', 'b'])
    const count = 'SELECT count() AS n, sum(rows) AS rows FROM segments FINAL WHERE node = {node:String}'
    expect(await store.query(count, { node })).toEqual([{ n: '1', rows: '2' }])
    const refused = 'SELECT count() AS n FROM quarantine FINAL WHERE node = {node:String}'
    expect(await store.query(refused, { node })).toEqual([{ n: '1' }])
  }, 60_000)

  test('when ingest dies at any step and ClickHouse has seen nothing after it', async () => {
    let steps = 0
    for (let last = 0; last < 12; last++) {
      const home = join(dir, `dies-${last}`)
      const afterlife = new EventEmitter()
      const dead = once(afterlife, 'end')
      const death = once(afterlife, 'death')
      let step = 0
      const dying = watched(store, async () => {
        steps++
        if (step++ < last) return
        afterlife.emit('death')
        await dead
        throw new Error('This process is dead.')
      })
      const log = await open({ dir: home, store: () => dying })
      await log.append([{ table: 'events', rows: [...lines('a'), bad('x'), ...lines('b')] }])
      await Promise.race([death, log.landed(1)])
      const { node } = log.status()
      await log.close()
      const next = await open({ dir: home })
      if (next.status().bytes > 0) await next.landed(1)
      expect(await idsOf(node)).toEqual(['a', 'b'])
      await next.close()
      afterlife.emit('end')
    }
    expect(steps).toBeGreaterThan(60)
  }, 60_000)
})

describe('a ClickHouse that dies', () => {
  test('in the middle of inserts loses and doubles nothing once it is back', async () => {
    const home = join(dir, 'engine')
    const childScript = join(import.meta.dirname, '../../storage/engine/child.mjs')
    let engine = await startEngine({ dir: home, childScript })
    const admin = openStore({ ...engine, database: 'default' })
    await admin.command('CREATE DATABASE IF NOT EXISTS facts ENGINE = Atomic')
    await admin.close()
    let current = openStore({ ...engine, database: 'facts' })
    await migrate(current, { folder: migrationsFolder })
    const log = await open({ dir: join(dir, 'log'), store: () => current, limits: { rows_max: 20_000 } })
    const ids = Array.from({ length: 60_000 }, (_, i) => `k${i}`)
    const rows = lines(...ids)
    for (let round = 0; round < 2; round++) {
      await log.append([{ table: 'events', rows: rows.slice(round * 30_000, (round + 1) * 30_000) }])
      await log.landed(round + 1)
      process.kill(engine.pid, 'SIGKILL')
      await engine.stop()
      await current.close()
      engine = await startEngine({ dir: home, childScript })
      current = openStore({ ...engine, database: 'facts' })
    }
    await log.drained()
    expect(await idsOf(log.status().node, current)).toEqual(ids)
    await log.close()
    await current.close()
    await engine.stop()
  }, 60_000)
})
