import { mkdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  newDataFolder,
  type RunningService,
  removeDataFolder,
  runService,
  waitUntil,
} from '../support/running-service.ts'
import { expectEachOnce, type Stream, startStream } from './stream.ts'

const WAIT_MS = 60_000

let dir: string
let service: RunningService
let stream: Stream | undefined

beforeEach(async () => {
  dir = await newDataFolder()
})
afterEach(async () => {
  await stream?.stop()
  stream = undefined
  await service?.stop()
  await removeDataFolder(dir)
})

const start = (env: Record<string, string>) => runService({ dir, env })
const ready = () => service.api('GET', '/readyz')

async function until(isTrue: () => Promise<boolean> | boolean): Promise<void> {
  await waitUntil(async () => isTrue(), WAIT_MS, service.output)
}

async function moreAccepted(count: number): Promise<void> {
  const enough = (stream?.accepted.length ?? 0) + count
  await until(() => (stream?.accepted.length ?? 0) > enough)
}

async function hungEnds(part: string): Promise<number> {
  const text = await (await fetch(`${service.url}/metrics`)).text()
  const line = text.split('\n').find((one) => one.includes('_ended_total{') && one.includes(`"${part}",why="hung"`))
  return Number(line?.split(' ').at(-1) ?? 0)
}

async function logBytes(): Promise<number> {
  const text = await (await fetch(`${service.url}/metrics`)).text()
  return Number(/^throughline_log_bytes (\d+)$/m.exec(text)?.[1])
}

async function allProcesses(): Promise<number[]> {
  const [engine, matching] = [await service.part('engine'), await service.part('matching')]
  return [service.pid, ...(await service.workers()), engine as number, matching as number]
}

test('a worker, matching and an engine that stand still are killed, told of, and others take their place', async () => {
  service = await start({ WORKERS: '2', HUNG_SECONDS: '5' })
  await service.control()
  await until(async () => (await service.part('matching')) !== undefined)
  stream = startStream(service.url)
  await moreAccepted(100)
  const [worker, others] = [(await service.workers())[0] as number, await allProcesses()]
  process.kill(worker, 'SIGSTOP')
  await until(() => service.output().includes('a worker does not answer, killing it'))
  await until(async () => (await service.workers()).length === 2 && !(await service.workers()).includes(worker))
  await moreAccepted(100)
  // Nobody else was ended for it.
  expect(await allProcesses()).toEqual(expect.arrayContaining(others.filter((pid) => pid !== worker)))
  expect(await hungEnds('worker')).toBe(1)

  const [engine, matching] = [(await service.part('engine')) as number, (await service.part('matching')) as number]
  process.kill(engine, 'SIGSTOP')
  process.kill(matching, 'SIGSTOP')
  await until(async () => (await ready()).body.problems.join().includes('ClickHouse does not answer'))
  // Both workers go on taking facts, and what waits in their logs is told while it waits.
  expect(await logBytes()).toBeGreaterThan(0)
  await until(() => service.output().includes('the embedded ClickHouse neither answers nor does anything, killing it'))
  await until(() => service.output().includes('matching does not answer, killing it'))
  await until(async () => (await ready()).body.problems.length === 0)
  expect([engine, matching]).not.toContain(await service.part('engine'))
  expect([engine, matching]).not.toContain(await service.part('matching'))
  expect([await hungEnds('clickhouse'), await hungEnds('matching')]).toEqual([1, 1])
  await stream.stop()
  await expectEachOnce(service, stream.accepted)
})

test('nobody is killed when the whole service stood still together', async () => {
  service = await start({ WORKERS: '2', HUNG_SECONDS: '5' })
  await service.control()
  await until(async () => (await service.part('matching')) !== undefined)
  stream = startStream(service.url)
  await moreAccepted(50)
  const all = await allProcesses()
  for (const pid of all) process.kill(pid, 'SIGSTOP')
  // Longer than any of them may be silent.
  await sleep(25_000)
  for (const pid of all) process.kill(pid, 'SIGCONT')
  await moreAccepted(50)
  expect((await allProcesses()).toSorted()).toEqual(all.toSorted())
  expect(service.output()).not.toContain('does not answer, killing it')
})

test('a log that cannot be opened holds nobody up but its worker, is told of, and is drained once it can be', async () => {
  service = await start({ WORKERS: '3' })
  await service.control()
  const before = startStream(service.url)
  stream = before
  await moreAccepted(300)
  await service.kill()
  await before.stop()

  // A disk that gives nothing back is no file that is there.
  const [log2, log3] = [2, 3].map((slot) => join(dir, `ingest/log-${slot}`)) as [string, string]
  const gone = (await readFile(join(log3, 'node'), 'utf8')).split(' ')[0] as string
  for (const log of [log2, log3]) {
    await rename(join(log, 'checkpoint'), join(log, 'checkpoint.kept'))
    await mkdir(join(log, 'checkpoint'))
  }
  // Nobody's any more is one of them, the other a worker's.
  service = await start({ WORKERS: '2' })
  stream = startStream(service.url)
  await moreAccepted(200)
  await until(async () => (await ready()).body.problems.length >= 2)
  const { status, body } = await ready()
  expect(status).toBe(200)
  expect(body.problems.join('\n')).toMatch(/Worker 2 takes no requests: its log cannot be opened \(E[A-Z]+\)/)
  expect((await service.api('GET', '/v1/operation')).body.intake_troubles).toContainEqual(
    expect.stringMatching(/Worker 2 takes no requests/),
  )
  expect(body.problems.join('\n')).toMatch(/The log log-3 cannot be opened \(\w+\)/)

  for (const log of [log2, log3]) {
    await rm(join(log, 'checkpoint'), { recursive: true })
    await rename(join(log, 'checkpoint.kept'), join(log, 'checkpoint'))
  }
  await until(async () => (await ready()).body.problems.length === 0)
  await stream.stop()
  // Whoever waits for what stood in that log all the while can.
  expect(await positionOfRepeat(before.accepted[0] as string)).toContain(gone)
  await expectEachOnce(service, [...before.accepted, ...stream.accepted])
})

async function positionOfRepeat(id: string): Promise<string> {
  const at = new Date().toISOString()
  const events = [{ id, type: 'page', at, url: 'http://localhost/demo/' }]
  const answer = await fetch(`${service.url}/v1/events`, {
    method: 'POST',
    body: JSON.stringify({ site: 'demo', visitor: 'visitor-0', session: 'session-0', sent_at: at, events }),
    headers: {
      'content-type': 'text/plain',
      'user-agent': 'Mozilla/5.0 (X11; Linux x64) Chrome/141.0.0.0 Safari/537.36',
    },
  })
  return ((await answer.json()) as { position: string }).position
}
