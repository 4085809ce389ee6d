import { setTimeout as pause } from 'node:timers/promises'
import { openStore, type Store } from '#storage/client.ts'
import type { BatteredService } from './battered-service.ts'
import type { Counted, Ledger } from './ledger.ts'
import { SITE } from './messages.ts'

export interface Verified {
  facts: number
  rows_compared: number
  leases: number
  postbacks: number
  /** Requests to the destination beyond one for each postback: its answer was not yet written down. */
  postbacks_repeated: number
  violations: string[]
}

interface VerifyOptions {
  service: BatteredService
  ledger: Ledger
  received: readonly { id: string; body: string }[]
}

const QUIET_MS = 600_000
const SHOWN_MAX = 5

/** What identifies a fact in each table, as the ledger names it. */
const identity: Record<Counted, string> = {
  events: 'id',
  calls: "concat(id, '@', toString(version))",
  leads: "concat(id, '@', toString(version))",
  deals: "concat(id, '@', toString(version))",
  costs: 'campaign',
}

/** Waits until nothing is on its way any more, then holds everything against the ledger and against its source. */
export async function verify({ service, ledger, received }: VerifyOptions): Promise<Verified> {
  await waitUntilQuiet(service)
  const store = openStore(await service.clickhouse())
  try {
    const violations: string[] = []
    let facts = 0
    for (const table of Object.keys(identity) as Counted[]) {
      const found = ledger.compare(table, await copiesIn(store, table))
      facts += found.right
      for (const wrong of ['missing', 'doubled', 'unknown'] as const) {
        const list = found[wrong]
        if (list.length > 0) violations.push(`${table}: ${list.length} ${wrong}: ${list.slice(0, SHOWN_MAX).join(' ')}`)
      }
    }
    violations.push(...(await segmentsAgainstTables(store)))
    const quarantined = await one(store, 'SELECT count() AS n FROM quarantine')
    if (quarantined > 0) violations.push(`${quarantined} good rows in quarantine`)
    const leases = await checkLeases(store, violations)
    const postbacks = await checkPostbacks(service, store, received, violations)
    const rows_compared = await checkDerived(service, violations)
    return { facts, rows_compared, leases, ...postbacks, violations }
  } finally {
    await store.close()
  }
}

async function waitUntilQuiet(service: BatteredService): Promise<void> {
  let last = 'nothing'
  const isQuiet = async () => {
    if (!(await service.isReady())) return false
    const { body } = await service.api('GET', `/v1/status?site=${SITE}`)
    const { lag_ms, log } = body as { lag_ms: number | null; log: { bytes: number } }
    last = JSON.stringify(body)
    return lag_ms === 0 && log.bytes === 0
  }
  await until(isQuiet, () => `The service did not get quiet; it said last: ${last}`)
}

async function until(isTrue: () => Promise<boolean>, describe: () => string): Promise<void> {
  const deadline = performance.now() + QUIET_MS
  while (performance.now() < deadline) {
    if (await isTrue().catch(() => false)) return
    await pause(200)
  }
  throw new Error(describe())
}

async function copiesIn(store: Store, table: Counted): Promise<Map<string, number>> {
  const copies = new Map<string, number>()
  const sql = `SELECT ${identity[table]} AS fact, count() AS n FROM ${table} WHERE site = {site:String} GROUP BY fact`
  for await (const rows of store.stream<{ fact: string; n: string }>(sql, { site: SITE }))
    for (const { fact, n } of rows) copies.set(fact, Number(n))
  return copies
}

/** Every row belongs to a segment that is named, and every named segment has as many rows as it says. */
async function segmentsAgainstTables(store: Store): Promise<string[]> {
  const wrong: string[] = []
  for (const table of [...Object.keys(identity), 'leases']) {
    const rows = await store.query<{ node: string; segment: number }>(
      `SELECT node, segment FROM
        (SELECT node, segment, rows, toUInt64(0) AS there FROM segments FINAL WHERE table = {table:String}
        UNION ALL SELECT node, segment, toUInt64(0) AS rows, count() AS there FROM ${table} GROUP BY node, segment)
      GROUP BY node, segment HAVING sum(rows) != sum(there)`,
      { table },
    )
    if (rows.length > 0) wrong.push(`${table}: ${rows.length} segments do not hold the rows they are said to hold`)
  }
  return wrong
}

/** Of one number no two leases of different visitors may run at one moment. */
async function checkLeases(store: Store, violations: string[]): Promise<number> {
  const rows = await store.query<{ number: string; visitor: string; starts: string; ends: string }>(
    `SELECT number, any(visitor) AS visitor, toString(min(\`from\`)) AS starts,
      toString(argMax(\`to\`, (received_at, seen, change = 'released'))) AS ends
    FROM leases WHERE site = {site:String} AND number != '' GROUP BY number, id ORDER BY number, starts`,
    { site: SITE },
  )
  for (const [i, { number, visitor, starts }] of rows.entries()) {
    const last = rows[i - 1]
    if (last?.number === number && last.visitor !== visitor && last.ends > starts)
      violations.push(`${number} has two holders at ${starts}: ${last.visitor} until ${last.ends}, and ${visitor}`)
  }
  return rows.length
}

/** Every deal that was won is told under one webhook id, saying the same each time. */
async function checkPostbacks(
  service: BatteredService,
  store: Store,
  received: VerifyOptions['received'],
  violations: string[],
): Promise<{ postbacks: number; postbacks_repeated: number }> {
  const won = await store.query<{ id: string }>(
    "SELECT DISTINCT id FROM deals WHERE site = {site:String} AND status = 'won'",
    { site: SITE },
  )
  const tell = () => {
    const ids = new Map<string, Set<string>>()
    const bodies = new Map<string, Set<string>>()
    for (const { id, body } of received) {
      const { deal } = JSON.parse(body) as { deal: string }
      ids.set(deal, (ids.get(deal) ?? new Set()).add(id))
      bodies.set(id, (bodies.get(id) ?? new Set()).add(body))
    }
    return { ids, bodies }
  }
  await until(
    async () => {
      const { ids } = tell()
      return (await service.isReady()) && won.every(({ id }) => ids.has(id))
    },
    () => `${won.filter(({ id }) => !tell().ids.has(id)).length} of ${won.length} won deals were never told`,
  ).catch((error: Error) => violations.push(error.message))
  const { ids, bodies } = tell()
  const twice = [...ids].filter(([, told]) => told.size > 1)
  if (twice.length > 0) violations.push(`${twice.length} deals were told under two webhook ids: ${twice[0]?.[0]}`)
  const unlike = [...bodies].filter(([, said]) => said.size > 1)
  if (unlike.length > 0) violations.push(`${unlike.length} webhook ids said different things`)
  const known = new Set(won.map(({ id }) => id))
  const made = [...ids.keys()].filter((deal) => !known.has(deal))
  if (made.length > 0) violations.push(`${made.length} postbacks of deals that were not won: ${made[0]}`)
  return { postbacks: ids.size, postbacks_repeated: received.length - bodies.size }
}

async function checkDerived(service: BatteredService, violations: string[]): Promise<number> {
  const { status, body } = await service.api('POST', '/control/rebuild', { check: true })
  const { rows, differences } = body as { rows: number; differences: unknown[] }
  if (status !== 200) violations.push(`The check of the history answered ${status}: ${JSON.stringify(body)}`)
  else if (differences.length > 0) violations.push(`The history differs: ${JSON.stringify(differences).slice(0, 500)}`)
  return rows ?? 0
}

async function one(store: Store, sql: string): Promise<number> {
  const [row] = await store.query<{ n: string }>(sql)
  return Number(row?.n ?? 0)
}
