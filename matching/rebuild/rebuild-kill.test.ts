import { setTimeout as sleep } from 'node:timers/promises'
import { Registry } from 'prom-client'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { Store } from '#storage/client.ts'
import { fact, fixedSettings, landFacts, logFacts, shop, START_MS as T } from '#tests/support/matching-world.ts'
import { type OwnEngine, startOwnEngine } from '#tests/support/own-engine.ts'
import { startMatching } from '../service.ts'

let own: OwnEngine
beforeAll(async () => {
  own = await startOwnEngine()
})
afterAll(() => own?.stop())

const KILLS = 6
const WAIT_MS = 180_000

test(
  'whatever moment of a swap ClickHouse is killed in, the tables are of one history afterwards',
  async () => {
    const { store, engine } = own
    await landFacts(store, logFacts([fact('events', { id: 'e1', at: T, visitor: 'v1', session: 's1' })], 'n1'), T)
    let kill_after_ms: number | undefined
    const command: Store['command'] = async (sql, ...more) => {
      if (kill_after_ms === undefined || !sql.startsWith('EXCHANGE') || !sql.includes(',')) {
        return store.command(sql, ...more)
      }
      const killed = sleep(kill_after_ms).then(() => process.kill(engine.pid, 'SIGKILL'))
      kill_after_ms = undefined
      await store.command(sql, ...more).finally(() => killed)
      // Whether or not it had answered by then.
      throw new Error('killed')
    }
    const dying = { ...store, command }
    const matching = await startMatching({
      ...{ store: { ...dying, shards: [dying] }, settings: fixedSettings(shop), now: () => Date.now() },
      ...{ metrics: new Registry(), outbound_allow: [] },
      log: { info() {}, warn() {} },
    })
    try {
      for (let kill = 0; kill < KILLS; kill++) {
        // A row that no fact bears out, so that an old table is told from a new one.
        await store.command(`INSERT INTO sessions (site, id, version) VALUES ('shop', 'never${kill}', 1)`)
        await store.command(`INSERT INTO touchpoints (site, conversion, version) VALUES ('shop', 'none${kill}', 1)`)
        kill_after_ms = 1 + kill * 1.5
        await expect(matching.rebuild()).rejects.toThrow()
        // It answers again, and the live run has gone on.
        await vi.waitFor(async () => expect(await histories(store)).toHaveLength(1), { timeout: 20_000, interval: 100 })
        const wrongs = await store.query<{ sessions: string; touchpoints: string }>(
          `SELECT (SELECT count() FROM sessions FINAL WHERE startsWith(id, 'never')) AS sessions,
             (SELECT count() FROM touchpoints FINAL WHERE startsWith(conversion, 'none')) AS touchpoints`,
        )
        const { sessions, touchpoints } = wrongs[0] ?? {}
        expect(sessions).toBe(touchpoints)
      }
      expect(await matching.rebuild()).toMatchObject({ swapped: true })
      expect(await matching.rebuild({ check: true })).toMatchObject({ differences: [] })
    } finally {
      await matching.close()
    }
  },
  WAIT_MS,
)

/** The numbers of the histories that the tables in use, and those beside them, are of. */
async function histories(store: Store): Promise<string[]> {
  const rows = await store.query<{ comment: string }>(
    `SELECT DISTINCT comment FROM system.tables
     WHERE database = currentDatabase() AND name IN ('edges', 'identities', 'sessions', 'conversions', 'touchpoints')
       OR database = currentDatabase() AND endsWith(name, '_rebuild')`,
  )
  return rows.map(({ comment }) => comment)
}
