import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { request } from 'undici'
import { isFolderLocked } from '#ingest/log/lock-folder.ts'
import { openStore, type Store } from '#storage/client.ts'
import { type ClickHouse, startClickHouse } from './clickhouse.ts'
import { type Config, readConfig, WrongSettings } from './config.ts'
import { type Control, findService } from './control.ts'
import { type Check, fault, looking, ok, unseen, warning } from './doctor/check.ts'
import { checkClocks } from './doctor/check-clocks.ts'
import { checkLogs } from './doctor/check-log.ts'
import {
  checkBackup,
  checkDisk,
  checkFolder,
  checkNode,
  checkOpenFiles,
  checkRetention,
} from './doctor/check-machine.ts'
import { checkMemory } from './doctor/check-memory.ts'
import { checkServer } from './doctor/check-server.ts'
import { checkSettings } from './doctor/check-settings.ts'
import { checkMatching, checkMigrations, checkQuarantine, checkRules, checkSegments } from './doctor/check-tables.ts'

/** `throughline doctor`: looks at everything that can be wrong, changes nothing, and says what to do. */
export async function runDoctor(env: NodeJS.ProcessEnv, options: { json?: boolean }): Promise<void> {
  const checks = await examine(env)
  const isWell = checks.every(({ level }) => level !== 'fault')
  if (options.json) process.stdout.write(`${JSON.stringify({ ok: isWell, checks })}\n`)
  else process.stdout.write(checks.map(line).join(''))
  if (!isWell) process.exitCode = 1
}

function line({ name, level, says, fix }: Check): string {
  return `${level.padEnd(8)} ${name}: ${says}\n${fix === undefined ? '' : `${' '.repeat(9)}→ ${fix}\n`}`
}

async function examine(env: NodeJS.ProcessEnv): Promise<Check[]> {
  let config: Config
  try {
    config = readConfig(env)
  } catch (error) {
    if (!(error instanceof WrongSettings)) throw error
    const wrong = error.message.split('\n').slice(1)
    return [
      ...checkNode(),
      ...wrong.map((text) => fault('settings', text.trim(), 'Correct it; the README lists every setting.')),
      unseen('everything else', 'cannot be found without right settings'),
    ]
  }
  const machine = [...checkSettings(config), ...checkNode(), ...(await checkOpenFiles())]
  const folder = await checkFolder(config)
  if (folder?.some(({ level }) => level === 'fault')) return [...machine, ...folder]
  if (folder === undefined && !config.CLICKHOUSE_URL) {
    return [...machine, unseen('DATA_DIR', `${config.DATA_DIR} is not there: nothing was started yet`)]
  }
  const isRunning = await isFolderLocked(config.DATA_DIR)
  const service = await findService(config.DATA_DIR)
  return [
    ...machine,
    ...(folder ?? [unseen('DATA_DIR', `${config.DATA_DIR} is not there`)]),
    ...(await looking('service', () => checkService(isRunning, service))),
    ...(folder ? await checkData(config, isRunning) : []),
    ...(await checkStore(config, isRunning, service)),
  ]
}

async function checkData(config: Config, isRunning: boolean): Promise<Check[]> {
  let log_bytes = 0
  const logs = await looking('log', async () => {
    const { checks, bytes } = await checkLogs(config, isRunning, Date.now())
    log_bytes = bytes
    return checks
  })
  return [
    ...(await looking('disk', () => checkDisk(config, log_bytes))),
    ...logs,
    ...(await looking('backup', () => checkBackup(config, Date.now()))),
    ...(await looking('retention', () => checkRetention(config))),
    ...(await looking('memory', () => checkMemory(config, Date.now()))),
  ]
}

const ANSWER_MS = 5_000

async function checkService(isRunning: boolean, service: Control | undefined): Promise<Check[]> {
  if (!isRunning) return [ok('service', 'does not run on this folder')]
  if (!service) {
    const fix = 'Wait; if it stays so, its log says what it waits for, most often ClickHouse.'
    return [warning('service', 'is starting or stopping, or waits for ClickHouse for the first time', fix)]
  }
  const { statusCode, body } = await request(`${service.url}/readyz`, {
    headersTimeout: ANSWER_MS,
    bodyTimeout: ANSWER_MS,
  })
  const { problems } = (await body.json()) as { problems: string[] }
  const name = `service (process ${service.pid}, ${service.url})`
  const fix = 'docs/operation.md says what each problem means.'
  const found = problems.map((problem) =>
    statusCode === 200 ? warning(name, problem, fix) : fault(name, problem, fix),
  )
  return found.length > 0 ? found : [ok(name, 'runs and accepts facts')]
}

/** What only ClickHouse can tell. The engine of a folder is started for it when no service has it. */
async function checkStore(config: Config, isRunning: boolean, service: Control | undefined): Promise<Check[]> {
  let started: ClickHouse | undefined
  try {
    if (!service?.clickhouse && !config.CLICKHOUSE_URL) {
      if (isRunning) return [unseen('ClickHouse', 'the service has it, and has not got it ready')]
      if (!existsSync(join(config.DATA_DIR, 'clickhouse', 'data')))
        return [unseen('ClickHouse', 'there is no data yet')]
    }
    if (!service?.clickhouse) started = await startClickHouse(config)
    const connection = service?.clickhouse ?? started?.connection
    return connection ? await lookInto(openStore({ ...connection, request_timeout_ms: 30_000 }), isRunning) : []
  } catch (error) {
    const says = (error as Error).message.split('\n', 1)[0] ?? ''
    return [fault('ClickHouse', `cannot be started: ${says}`, 'See engine.log in DATA_DIR/clickhouse.')]
  } finally {
    await started?.engine?.stop()
  }
}

async function lookInto(store: Store, isRunning: boolean): Promise<Check[]> {
  try {
    try {
      await store.query('SELECT 1', {}, { signal: AbortSignal.timeout(ANSWER_MS) })
    } catch (error) {
      const { code, name } = error as { code?: string; name: string }
      const fix = 'Is it up, is CLICKHOUSE_URL right, does its user exist? Facts wait in the log meanwhile.'
      return [fault('ClickHouse', `does not answer: ${code ?? name}`, fix)]
    }
    const checks: Check[] = []
    for (const [index, shard] of store.shards.entries()) {
      const name = store.shards.length > 1 ? `ClickHouse ${index + 1}` : 'ClickHouse'
      checks.push(...(await checkServer(shard, name)))
    }
    let areThere = false
    const tables = await looking('tables', async () => {
      const migrations = await checkMigrations(store)
      areThere = migrations.areThere
      return migrations.checks
    })
    checks.push(...tables)
    if (!areThere) return checks
    return [
      ...checks,
      ...(await looking('quarantine', () => checkQuarantine(store))),
      ...(await looking('matching', () => checkMatching(store, isRunning))),
      ...(await looking('rules', () => checkRules(store))),
      ...(await looking('clocks of providers', () => checkClocks(store))),
      ...(await looking('segments', () => checkSegments(store))),
    ]
  } finally {
    await store.close()
  }
}
