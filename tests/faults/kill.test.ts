import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import {
  newDataFolder,
  type RunningService,
  removeDataFolder,
  runService,
  waitUntil,
} from '../support/running-service.ts'
import { expectEachOnce, expectNumbersKept, startStream } from './stream.ts'

let service: RunningService | undefined

afterEach(async () => {
  await service?.stop()
  if (service) await removeDataFolder(service.dir)
  service = undefined
})

describe('what was answered 2xx', () => {
  test('is there once after the service is killed again and again in a stream of posts', async () => {
    const dir = await newDataFolder()
    const accepted: string[] = []
    service = await runService({ dir })
    for (let round = 0; round < 2; round++) {
      const stream = startStream(service.url)
      await waitUntil(
        async () => stream.accepted.length > 400,
        30_000,
        () => 'The stream did not get going',
      )
      await service.kill()
      await stream.stop()
      accepted.push(...stream.accepted)
      service = await runService({ dir })
    }
    expect(accepted.length).toBeGreaterThan(800)
    await expectEachOnce(service, accepted)
  })

  test('is there once after ClickHouse is killed under a stream of posts, which never stops being accepted', async () => {
    service = await runService()
    const stream = startStream(service.url)
    await waitUntil(
      async () => stream.accepted.length > 300,
      30_000,
      () => 'The stream did not get going',
    )
    for (let round = 0; round < 2; round++) {
      const before = stream.accepted.length
      let engine: number | undefined
      await waitUntil(
        async () => {
          engine = await service?.part('engine')
          return engine !== undefined
        },
        30_000,
        () => 'The engine did not come back',
      )
      process.kill(engine as unknown as number, 'SIGKILL')
      await waitUntil(
        async () => stream.accepted.length > before + 300,
        30_000,
        () => 'Posts stopped being accepted',
      )
    }
    await stream.stop()
    expect(stream.accepted.length).toBeGreaterThan(900)
    await expectEachOnce(service, stream.accepted)
  })

  test('is there once after a clean stop in the middle of a stream', async () => {
    const dir = await newDataFolder()
    service = await runService({ dir })
    const stream = startStream(service.url)
    await waitUntil(
      async () => stream.accepted.length > 300,
      30_000,
      () => 'The stream did not get going',
    )
    expect(await service.stop()).toBe(0)
    await stream.stop()
    service = await runService({ dir })
    await expectEachOnce(service, stream.accepted)
  })

  test('is there once after everything is killed at one moment, and every session still has its number', async () => {
    const dir = await newDataFolder()
    service = await runService({ dir })
    const numbers = Array.from({ length: 500 }, (_, index) => `+7495700${String(1000 + index)}`)
    const pool = { id: 'wide', site: 'demo', kind: 'dynamic', numbers, leases_per_address_max: 500 }
    expect((await service.api('PUT', '/v1/pools/wide', { ...pool, replaces: ['+74951234567'] })).status).toBe(200)
    await service.control()
    const stream = startStream(service.url)
    await waitUntil(
      async () => stream.accepted.length > 400 && stream.numbers.size > 20,
      30_000,
      () => `The stream did not get going: ${stream.accepted.length} events, ${stream.numbers.size} numbers`,
    )
    await service.killAll()
    await stream.stop()
    // What a crash of the machine leaves: a process id that is somebody else's by now.
    const stale = { ...(await service.control()), pid: process.pid }
    await writeFile(join(dir, 'control.json'), JSON.stringify(stale))
    service = await runService({ dir })
    await expectNumbersKept(service, stream.numbers)
    await expectEachOnce(service, stream.accepted)
  })

  test('is there once, and in the history, after matching is killed again and again', async () => {
    service = await runService()
    await service.control()
    const stream = startStream(service.url)
    let killed = 0
    let last: number | undefined
    while (killed < 2) {
      await waitUntil(
        async () => {
          const pid = await service?.part('matching')
          if (pid === undefined || pid === last) return false
          last = pid
          process.kill(pid, 'SIGKILL')
          killed++
          return true
        },
        30_000,
        () => 'Matching did not come back',
      )
      const before = stream.accepted.length
      await waitUntil(
        async () => stream.accepted.length > before + 50,
        30_000,
        () => 'Posts stopped being accepted',
      )
    }
    await stream.stop()
    await expectEachOnce(service, stream.accepted)
    await waitUntil(
      async () => (await service?.api('GET', '/v1/status?site=demo'))?.body.matching.running === true,
      30_000,
      () => 'Matching did not come back',
    )
    const check = await service.api('POST', '/control/rebuild', { check: true })
    expect(check.body).toMatchObject({ differences: [] })
    expect(check.body.rows).toBeGreaterThanOrEqual(stream.accepted.length)
  })
})
