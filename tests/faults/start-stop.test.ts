import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  ADMIN_TOKEN,
  type Command,
  freePort,
  newDataFolder,
  processesOn,
  removeDataFolder,
  runCommand,
  runService,
  waitUntil,
} from '../support/running-service.ts'
import { expectEachOnce, startStream } from './stream.ts'

const start = [process.execPath, 'bin/throughline.mjs', 'start']
const READY_MS = 60_000

let dir: string
let env: Record<string, string>
const commands: Command[] = []

function run(command: string[], more: Record<string, string> = {}): Command {
  const made = runCommand(command, { ...env, ...more })
  commands.push(made)
  return made
}

async function says(command: Command, text: string): Promise<void> {
  await waitUntil(
    async () => command.output().includes(text),
    READY_MS,
    () => `It did not say «${text}»:\n${command.output()}`,
  )
}

beforeEach(async () => {
  dir = await newDataFolder()
  env = { PORT: String(await freePort()), DATA_DIR: dir, ADMIN_TOKEN, RATE_LIMIT_PER_MINUTE: '0' }
})

afterEach(async () => {
  for (const { pid, ended } of commands.splice(0)) {
    try {
      process.kill(-pid, 'SIGKILL')
    } catch {
      // It has ended, as it should.
    }
    await ended
  }
  await removeDataFolder(dir)
})

describe('a stop', () => {
  test.each([
    ['sent to npm', 'SIGTERM', (pid: number) => pid],
    // Ctrl-C and the init system tell every process, and npm then tells the service once more.
    ['of Ctrl-C, sent to the whole process group,', 'SIGINT', (pid: number) => -pid],
  ] as const)('%s ends a busy service cleanly, with nothing left running and nothing lost', async (_, signal, whom) => {
    const npm = run(['npm', 'start'])
    await says(npm, 'Throughline is ready')
    const stream = startStream(`http://localhost:${env.PORT}`)
    await waitUntil(
      async () => stream.accepted.length > 100,
      READY_MS,
      () => 'The stream did not get going',
    )
    process.kill(whom(npm.pid), signal)
    expect(await npm.ended, npm.output()).toEqual({ code: 0, signal: null })
    await stream.stop()
    expect(await processesOn(dir)).toEqual([])
    const next = await runService({ dir })
    await expectEachOnce(next, stream.accepted)
    expect(await next.stop()).toBe(0)
  })

  test('ends a start that still waits for its ClickHouse', async () => {
    const waiting = run(start, { CLICKHOUSE_URL: `http://user:p%40ss@127.0.0.1:${await freePort()}` })
    await says(waiting, 'ClickHouse is not there yet')
    process.kill(waiting.pid, 'SIGTERM')
    expect(await waiting.ended, waiting.output()).toEqual({ code: 0, signal: null })
  })
})

describe('a start', () => {
  test('on a folder that a service has is refused by name, and does not harm that service', async () => {
    const first = await runService({ dir })
    const { pid } = first
    await first.control()
    const second = run(start)
    expect(await second.ended).toEqual({ code: 1, signal: null })
    expect(second.output()).toContain(`A service already runs on ${dir} (process ${pid}, ${first.url})`)
    expect((await first.api('GET', '/readyz')).body).toEqual({ ready: true, problems: [] })
    expect(await first.control()).toMatchObject({ pid })
    expect(await first.stop()).toBe(0)
  })

  test('on a port that is taken is refused, leaves nothing running, and keeps the admin token for the next', async () => {
    const taken = createServer()
    await new Promise<void>((done) => taken.listen(Number(env.PORT), '127.0.0.1', done))
    const refused = run(start, { ADMIN_TOKEN: '' })
    expect(await refused.ended).toEqual({ code: 1, signal: null })
    expect(refused.output()).toContain(`Cannot listen on localhost, port ${env.PORT}: another program has it`)
    expect(await processesOn(dir)).toEqual([])
    await new Promise((done) => taken.close(done))
    const next = run(start, { ADMIN_TOKEN: '' })
    await says(next, 'Throughline is ready')
    expect(next.output()).toMatch(/Admin token {2}tl_\w+/)
  })

  test('that fails half way says why and stops what it had started', async () => {
    const file = join(dir, 'no-database')
    await writeFile(file, 'text')
    const failed = run(start, { GEO_DB: file })
    expect(await failed.ended).toEqual({ code: 1, signal: null })
    expect(failed.output()).toContain('GEO_DB cannot be read as a MaxMind database')
    expect(await processesOn(dir)).toEqual([])
  })

  test('goes on from damaged copies: of the settings, of the control file, of the checkpoint, of the leases', async () => {
    const first = await runService({ dir })
    expect(await first.stop()).toBe(0)
    await mkdir(join(dir, 'ingest/log'), { recursive: true })
    for (const name of ['settings.json', 'control.json', 'ingest/log/checkpoint', 'ingest/leases.journal']) {
      await writeFile(join(dir, name), '{"torn":')
    }
    const next = await runService({ dir })
    const stream = startStream(next.url)
    await waitUntil(
      async () => stream.accepted.length > 50,
      READY_MS,
      () => 'The stream did not get going',
    )
    await stream.stop()
    await expectEachOnce(next, stream.accepted)
    expect(await next.stop()).toBe(0)
  })
})
