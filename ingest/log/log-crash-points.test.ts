import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dir, makeLogWorld, store } from '#tests/support/log-world.ts'
import { openTestLog, type TestLog } from './open-test-log.ts'
import { sampleLine } from './sample-event.ts'
import { failing, mortal } from './test-faults.ts'

let worlds = 0

makeLogWorld()

const batch = (...ids: string[]) => [
  { table: 'events' as const, rows: ids.map((id) => sampleLine({ id })), ids: ids.map((id) => `shop\n${id}`) },
]

async function copiesOf(prefix: string): Promise<Map<string, number>> {
  const rows = await store.query<{ id: string; n: string }>(
    'SELECT id, count() AS n FROM events WHERE startsWith(id, {prefix:String}) GROUP BY id',
    { prefix },
  )
  return new Map(rows.map(({ id, n }) => [id, Number(n)]))
}

/** Segments whose rows in the table are not those that `segments` names. */
const unlikeSegments = `SELECT node, segment FROM
  (SELECT node, segment, toInt64(rows) AS balance FROM segments FINAL WHERE table = 'events'
  UNION ALL SELECT node, segment, toInt64(-1) AS balance FROM events)
  GROUP BY node, segment HAVING sum(balance) != 0`

/** Crashes in a row: after how many steps of the disk and of ClickHouse each comes, and whether the last write is torn. */
const anyCrashes = fc.array(fc.record({ after: fc.nat(70), isTorn: fc.boolean() }), { minLength: 1, maxLength: 4 })

test('whatever the points at which it crashes, each accepted row is there once and no other twice', async () => {
  let deaths = 0
  await fc.assert(
    fc.asyncProperty(anyCrashes, async (crashes) => {
      const world = `w${worlds++}-`
      const accepted = new Set<string>()
      let home = join(dir, `${world}0`)
      // What was not answered is sent again in the next life, as clients do.
      let unanswered: string[] = []
      const send = async (log: TestLog, life: number) => {
        for (const part of [unanswered, ['a', 'b'], ['c'], ['d', 'e', 'f']]) {
          const ids = part === unanswered ? part : part.map((id) => `${world}${life}${id}`)
          if (ids.length === 0) continue
          unanswered = [...new Set([...unanswered, ...ids])]
          await log.append(batch(...ids))
          for (const id of ids) accepted.add(id)
          unanswered = unanswered.filter((id) => !accepted.has(id))
        }
      }
      for (const [life, { after, isTorn }] of crashes.entries()) {
        const body = mortal(store, { after, isTorn })
        let log: TestLog | undefined
        const lived = (async () => {
          log = await openTestLog({
            dir: home,
            store: () => body.store,
            open: body.open,
            limits: { seal_after_ms: 5, rows_max: 4 },
          })
          await send(log, life)
          await log.drained()
          await log.close()
        })()
        if ((await Promise.race([body.death, lived.then(() => 'lived' as const)])) !== 'lived') deaths++
        // The same files without the process that held them.
        const next = join(dir, `${world}${life + 1}`)
        await rename(home, next)
        await rm(join(next, 'lock'), { force: true })
        home = next
        body.bury()
        lived.catch(() => {})
        await log?.close()
      }
      const log = await openTestLog({ dir: home, store: () => store, limits: { seal_after_ms: 5 } })
      await send(log, crashes.length)
      await log.drained()
      await log.close()
      const copies = await copiesOf(world)
      expect([...accepted].filter((id) => copies.get(id) !== 1)).toEqual([])
      expect([...copies].filter(([, count]) => count !== 1)).toEqual([])
      expect(await store.query(unlikeSegments)).toEqual([])
    }),
    { numRuns: 16 },
  )
  expect(deaths).toBeGreaterThan(10)
}, 120_000)

describe('a segment whose rows were spoilt on the disk', () => {
  /** A log that was closed with one segment of three commits in it. */
  async function leave(prefix: string, through?: Parameters<typeof openTestLog>[0]['store']): Promise<string> {
    const home = join(dir, prefix)
    const log = await openTestLog({ dir: home, ...(through && { store: through }), limits: { seal_after_ms: 60_000 } })
    for (const id of ['a', 'b', 'c']) await log.append(batch(`${prefix}${id}`))
    await log.close()
    return home
  }
  async function spoil(home: string, id: string): Promise<void> {
    const [name] = (await readdir(join(home, 'events'))).filter((file) => file.endsWith('.segment'))
    const path = join(home, 'events', name as string)
    await writeFile(path, (await readFile(path, 'latin1')).replace(id, id.toUpperCase()), 'latin1')
  }

  test('gives all others, and says so', async () => {
    const home = await leave('x-')
    await spoil(home, 'x-b')
    const log = await openTestLog({ dir: home, store: () => store })
    await log.drained()
    await log.close()
    expect([...(await copiesOf('x-'))].toSorted()).toEqual([
      ['x-a', 1],
      ['x-c', 1],
    ])
    expect(await copiesOf('X-')).toEqual(new Map())
    expect(await readdir(join(home, 'damaged'))).toHaveLength(1)
    expect(await log.metrics.getSingleMetricAsString('throughline_log_cut_total')).toContain('table="events"} 1')
    expect(await store.query(unlikeSegments)).toEqual([])
  })

  test('while it waited for ClickHouse gives all others, and all of them when only a head was hit', async () => {
    for (const [prefix, offset, left] of [
      ['v-', 8, ['v-a', 'v-b', 'v-c']],
      ['w-', 16, ['w-a', 'w-c']],
    ] as const) {
      let isAway = true
      const home = join(dir, prefix)
      const log = await openTestLog({ dir: home, store: () => (isAway ? undefined : store) })
      for (const id of ['a', 'b', 'c']) await log.append(batch(`${prefix}${id}`))
      const [name] = await readdir(join(home, 'events'))
      const path = join(home, 'events', name as string)
      const bytes = await readFile(path)
      const second = bytes.indexOf('\x1eTL', bytes.indexOf('\x1eTL') + 1)
      bytes[second + offset] = (bytes[second + offset] as number) ^ 4
      await writeFile(path, bytes)
      isAway = false
      await log.drained()
      await log.close()
      expect([...(await copiesOf(prefix)).keys()].toSorted()).toEqual(left)
    }
    expect(await store.query(unlikeSegments)).toEqual([])
  })

  test('does not hold up the log when they had all landed before', async () => {
    const unnamed = failing(store, Array(100).fill('insert'), 'before')
    const home = await leave('y-', () => unnamed)
    const at = performance.now()
    while ((await copiesOf('y-')).size < 3 && performance.now() - at < 10_000) {
      const again = await openTestLog({ dir: home, store: () => unnamed, close_wait_ms: 500 })
      await again.close()
    }
    await spoil(home, 'y-c')
    const log = await openTestLog({ dir: home, store: () => store })
    await log.drained()
    await log.close()
    expect([...(await copiesOf('y-')).values()]).toEqual([1, 1, 1])
    expect(await store.query(unlikeSegments)).toEqual([])
  })
})

test('a row whose sync failed and that is sent again is there once, also after a crash', async () => {
  const home = join(dir, 'failing')
  let isFailing = false
  const disk = mortal(store, { after: Number.POSITIVE_INFINITY, isTorn: false, fails: () => isFailing })
  const log = await openTestLog({ dir: home, open: disk.open })
  await log.append(batch('z-a'))
  isFailing = true
  await expect(log.append(batch('z-b'))).rejects.toMatchObject({ code: 'log_full' })
  isFailing = false
  await log.append(batch('z-b'))
  await rename(home, `${home}-crashed`)
  await rm(join(`${home}-crashed`, 'lock'))
  await log.close()
  const next = await openTestLog({ dir: `${home}-crashed`, store: () => store })
  await next.drained()
  await next.close()
  expect([...(await copiesOf('z-'))].toSorted()).toEqual([
    ['z-a', 1],
    ['z-b', 1],
  ])
})
