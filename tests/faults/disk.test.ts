import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  newDataFolder,
  type RunningService,
  removeDataFolder,
  runService,
  waitUntil,
} from '../support/running-service.ts'
import { noSmallDisksBecause, type SmallDisks, startSmallDisks } from '../support/small-disks.ts'
import { expectEachOnce, type Stream, startStream } from './stream.ts'

const noDisks = noSmallDisksBecause()
const noStrace = noStraceBecause()
/** For one step on a slow machine. */
const WAIT_MS = 60_000
const MEGABYTE = 1024 ** 2
const env = { MIN_FREE_BYTES: String(8 * MEGABYTE) }

let dir: string
let disks: SmallDisks | undefined
let service: RunningService | undefined
let stream: Stream | undefined

beforeEach(async () => {
  dir = await newDataFolder()
})
afterEach(async () => {
  await stream?.stop()
  await service?.stop()
  await disks?.stop()
  await removeDataFolder(dir)
  stream = service = disks = undefined
})

async function start(): Promise<RunningService> {
  service = await runService({ dir, env, ...(disks && { within: disks.within }) })
  return service
}

async function flows(more: number): Promise<void> {
  const before = stream?.accepted.length ?? 0
  await waitUntil(
    async () => (stream?.accepted.length ?? 0) > before + more,
    WAIT_MS,
    () => 'Posts are not accepted',
  )
}

async function isRefused(): Promise<void> {
  const refusals = () => stream?.refused.get(503) ?? 0
  const before = refusals()
  await waitUntil(
    async () => refusals() > before + 10,
    WAIT_MS,
    () => 'Posts are not refused',
  )
}

/** Nothing but 503, and never one that does not say when to come back. */
function expectHonestRefusals({ refused, without_retry_after }: Stream): void {
  expect([...refused.keys()]).toEqual([503])
  expect(without_retry_after).toBe(0)
}

describe('a disk that is really full', () => {
  test('under the log is answered 503, costs nothing accepted, lets the service start, and heals by itself', async (context) => {
    context.skip(noDisks !== undefined, `Not tried, a full disk under the log: ${noDisks}`)
    disks = await startSmallDisks(dir, { ingest: 48 })
    const running = await start()
    stream = startStream(running.url)
    await flows(200)
    await disks.fill('ingest', 0)
    await isRefused()
    // The room on the disk is looked at once a second; until then a refusal is the write's own.
    await waitUntil(
      async () => (await running.api('GET', '/readyz')).status === 503,
      WAIT_MS,
      () => 'It says that it is ready',
    )
    await disks.free('ingest')
    await flows(200)
    // A crash on a full disk, and a start that finds it full.
    await disks.fill('ingest', 0)
    await running.kill()
    await stream.stop()
    const accepted = [...stream.accepted]
    expectHonestRefusals(stream)
    const next = await start()
    stream = startStream(next.url)
    await isRefused()
    await disks.free('ingest')
    await flows(200)
    await stream.stop()
    await expectEachOnce(next, [...accepted, ...stream.accepted])
  })

  test('under ClickHouse is waited for, and posts are accepted meanwhile', async (context) => {
    context.skip(noDisks !== undefined, `Not tried, a full disk under ClickHouse: ${noDisks}`)
    disks = await startSmallDisks(dir, { clickhouse: 160 })
    const running = await start()
    await running.control()
    stream = startStream(running.url)
    await flows(200)
    for (const left_bytes of [0, 8192, 65_536]) {
      await disks.fill('clickhouse', left_bytes)
      await waitUntil(
        async () => /ENOSPC|NOT_ENOUGH_SPACE|CANNOT/.test(await lastError(running)),
        WAIT_MS,
        () => 'ClickHouse has not run out of room',
      )
      await flows(100)
      await disks.free('clickhouse')
      await waitUntil(
        async () => (await lastError(running)) === '',
        WAIT_MS,
        () => 'The log does not land again',
      )
    }
    await stream.stop()
    expect([...stream.refused.keys()]).toEqual([])
    await expectEachOnce(running, stream.accepted)
    // It may have ended on the full disk, and be about to be started again.
    await waitUntil(
      async () => (await running.api('GET', '/v1/status?site=demo')).body.matching.running === true,
      WAIT_MS,
      () => 'Matching did not come back',
    )
    const check = await running.api('POST', '/control/rebuild', { check: true })
    expect(check.body).toMatchObject({ differences: [] })
  })
})

describe('a disk that fails', () => {
  test('at every sync of the log for a while is answered 503, and doubles nothing that is sent again', async (context) => {
    context.skip(noStrace !== undefined, `Not tried, a failing disk: ${noStrace}`)
    let running = await start()
    stream = startStream(running.url)
    for (let round = 0; round < 2; round++) {
      await flows(100)
      const fault = spawn(
        'strace',
        ['-f', '-o', '/dev/null', '-e', 'inject=pwrite64,pwritev,pwritev2:error=EIO', '-p', String(running.pid)],
        {
          stdio: 'ignore',
        },
      )
      try {
        await isRefused()
      } finally {
        fault.kill('SIGINT')
        await once(fault, 'exit')
      }
      await flows(100)
      await running.kill()
      running = await start()
      await stream.stop()
      const { accepted, refused } = stream
      expect([...refused.keys()]).toEqual([503])
      stream = startStream(running.url)
      stream.accepted.push(...accepted)
    }
    await stream.stop()
    await expectEachOnce(running, stream.accepted)
  })
})

async function lastError(running: RunningService): Promise<string> {
  const { body } = await running.api('GET', '/v1/status?site=demo')
  return body.log.last_flush_error ?? ''
}

/** Asked of a process that is no child of strace's: many systems let it trace none but its own. */
function noStraceBecause(): string | undefined {
  const target = spawn('sleep', ['60'], { stdio: 'ignore' })
  try {
    const args = ['-o', '/dev/null', '-e', 'trace=none', '-p', String(target.pid)]
    const { error, stderr } = spawnSync('strace', args, { timeout: 2_000, encoding: 'utf8' })
    // It would trace on: attached.
    if ((error as NodeJS.ErrnoException | undefined)?.code === 'ETIMEDOUT') return undefined
    return `strace cannot be used here (${error?.message ?? stderr.trim()})`
  } finally {
    target.kill('SIGKILL')
  }
}
