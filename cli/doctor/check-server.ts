import type { Store } from '#storage/client.ts'
import { type Check, fault, looking, ok, size, span, warning } from './check.ts'

const CLOCK_OFF_MS = 2_000
const CLOCK_FAR_OFF_MS = 60_000
/** ClickHouse slows inserts down at 1,000 parts of one partition. */
const PARTS_MANY = 300
const MUTATION_OLD_MS = 600_000

/** One ClickHouse that holds rows: what it is, and whether it keeps up. */
export async function checkServer(store: Store, name: string): Promise<Check[]> {
  const checks: Check[] = []
  for (const look of [checkVersion, checkClock, checkParts, checkMutations, checkDetached, checkDisks]) {
    checks.push(...(await looking(name, () => look(store, name))))
  }
  return checks
}

async function checkVersion(store: Store, name: string): Promise<Check[]> {
  const [found] = await store.query<{ version: string; zone: string }>(
    'SELECT version() AS version, timezone() AS zone',
  )
  return [ok(name, `version ${found?.version}, time zone ${found?.zone}`)]
}

/** Half of what the question took is as near as one can say. */
async function checkClock(store: Store, name: string): Promise<Check[]> {
  const asked_ms = Date.now()
  const [found] = await store.query<{ now_ms: number }>('SELECT toFloat64(toUnixTimestamp64Milli(now64(3))) AS now_ms')
  const took_ms = Date.now() - asked_ms
  const off_ms = Math.abs((found?.now_ms ?? 0) - asked_ms - took_ms / 2)
  if (off_ms <= CLOCK_OFF_MS + took_ms / 2) return [ok(name, `clock within ${span(CLOCK_OFF_MS)} of ours`)]
  const says = `its clock and ours differ by ${span(off_ms)}`
  const fix = 'Let both machines follow a time server (chrony, systemd-timesyncd).'
  return [off_ms > CLOCK_FAR_OFF_MS ? fault(name, says, fix) : warning(name, says, fix)]
}

async function checkParts(store: Store, name: string): Promise<Check[]> {
  const [found] = await store.query<{ parts: number; most: number; bytes: number }>(
    `SELECT toFloat64(sum(own_parts)) AS parts, toFloat64(max(own_parts)) AS most, toFloat64(sum(own_bytes)) AS bytes FROM (
       SELECT count() AS own_parts, sum(bytes_on_disk) AS own_bytes FROM system.parts
       WHERE active AND database = {database:String} GROUP BY table, partition_id)`,
    { database: store.database },
  )
  const { parts = 0, most = 0, bytes = 0 } = found ?? {}
  const says = `${size(bytes)} in ${parts} parts`
  if (most <= PARTS_MANY) return [ok(name, says)]
  const fix = 'Merges do not keep up: give ClickHouse more CPU or disk, and look at system.merges.'
  return [warning(name, `${says}, ${most} of them in one partition`, fix)]
}

async function checkMutations(store: Store, name: string): Promise<Check[]> {
  const stuck = await store.query<{ table: string; mutation_id: string; age_ms: number; failure: string }>(
    `SELECT table, mutation_id, toFloat64(1000 * (now() - create_time)) AS age_ms, latest_fail_error_code_name AS failure
     FROM system.mutations WHERE database = {database:String} AND NOT is_done ORDER BY create_time LIMIT 20`,
    { database: store.database },
  )
  return stuck
    .filter(({ age_ms, failure }) => age_ms > MUTATION_OLD_MS || failure !== '')
    .map(({ table, mutation_id, age_ms, failure }) =>
      warning(
        name,
        `a change of ${table} (${mutation_id}) is not done after ${span(age_ms)}${failure === '' ? '' : `: ${failure}`}`,
        `Look at system.mutations; \`KILL MUTATION WHERE mutation_id = '${mutation_id}'\` gives it up.`,
      ),
    )
}

async function checkDetached(store: Store, name: string): Promise<Check[]> {
  const found = await store.query<{ table: string; why: string; parts: number }>(
    `SELECT table, ifNull(reason, '') AS why, toFloat64(count()) AS parts FROM system.detached_parts
     WHERE database = {database:String} GROUP BY table, why ORDER BY table, why LIMIT 20`,
    { database: store.database },
  )
  return found.map(({ table, why, parts }) => {
    const says = `${parts} parts of ${table} are set aside${why === '' ? '' : ` (${why})`}`
    if (!why.startsWith('broken')) return warning(name, says, 'Attach or drop them: see system.detached_parts.')
    // A crash, or a full disk, leaves one that nobody was told of: its rows were sent again.
    const fix = 'Check the disk. If `segments` below finds rows missing, restore the newest backup; else drop them.'
    return fault(name, says, fix)
  })
}

async function checkDisks(store: Store, name: string): Promise<Check[]> {
  const low = await store.query<{ disk: string; free: number; total: number }>(
    `SELECT name AS disk, toFloat64(unreserved_space) AS free, toFloat64(total_space) AS total FROM system.disks
     WHERE total_space > 0 AND free < 0.05 * total AND free < 20e9`,
  )
  return low.map(({ disk, free }) =>
    warning(name, `its disk ${disk} has ${size(free)} free`, 'Make room: merges need as much as their largest part.'),
  )
}
