import { setTimeout as pause } from 'node:timers/promises'
import { nanoid } from 'nanoid'
import { expect } from 'vitest'
import { openStore } from '#storage/client.ts'
import { type RunningService, waitUntil } from '../support/running-service.ts'

export interface Stream {
  /** Answers that were no 202, by status. */
  refused: Map<number, number>
  /** 503 that did not say when to come back. */
  readonly without_retry_after: number
  stop(): Promise<void>
  accepted: string[]
  /** The number that each session was shown last. */
  numbers: Map<string, string>
}

/** Posts events without pause until told to stop; remembers the ids that were answered 2xx. What was refused is sent again. */
export function startStream(url: string, senders = 8): Stream {
  const accepted: string[] = []
  const refused: Stream['refused'] = new Map()
  let without_retry_after = 0
  const refuse = async ({ status, headers }: Response) => {
    refused.set(status, (refused.get(status) ?? 0) + 1)
    if (status === 503 && !headers.has('retry-after')) without_retry_after++
    await pause(20)
  }
  const numbers: Stream['numbers'] = new Map()
  let isOn = true
  let counter = 0
  const stream = nanoid(6)
  const nextBody = (name: number) => {
    const events = Array.from({ length: 5 }, () => ({
      id: `k-${stream}-${counter++}`,
      type: 'page',
      at: new Date().toISOString(),
      url: 'http://localhost/demo/',
    }))
    const visitor = `visitor-${name}-${counter % 50}`
    const session = visitor.replace('visitor', 'session')
    return { site: 'demo', lease: true, visitor, session, sent_at: new Date().toISOString(), events }
  }
  const worker = async (name: number) => {
    let body = nextBody(name)
    while (isOn) {
      try {
        const answer = await fetch(`${url}/v1/events`, {
          method: 'POST',
          body: JSON.stringify(body),
          headers: {
            'content-type': 'text/plain',
            'user-agent':
              'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36',
          },
        })
        if (answer.status === 202) {
          accepted.push(...body.events.map(({ id }) => id))
          const shown = (await answer.json()) as { numbers?: { number: string }[] }
          for (const { number } of shown.numbers ?? []) numbers.set(body.session, number)
          body = nextBody(name)
        } else await refuse(answer)
      } catch {
        await pause(20)
      }
    }
  }
  const workers = Array.from({ length: senders }, (_, index) => worker(index))
  return {
    accepted,
    refused,
    get without_retry_after() {
      return without_retry_after
    },
    numbers,
    async stop() {
      isOn = false
      await Promise.all(workers)
    },
  }
}

/** Longer than any landing takes on a slow machine, after an engine has started and the writers' pauses are over. */
const LANDED_WAIT_MS = 90_000

/** Every accepted id is in ClickHouse, and none of them twice. */
export async function expectEachOnce(running: RunningService, accepted: string[]): Promise<void> {
  const { clickhouse } = await running.control()
  const store = openStore(clickhouse)
  const counts = new Map<string, number>()
  await waitUntil(
    async () => {
      counts.clear()
      const rows = await store.query<{ id: string; copies: string }>(
        "SELECT id, count() AS copies FROM events WHERE site = 'demo' GROUP BY id",
      )
      for (const { id, copies } of rows) counts.set(id, Number(copies))
      return accepted.every((id) => counts.has(id))
    },
    LANDED_WAIT_MS,
    () => `${accepted.filter((id) => !counts.has(id)).length} of ${accepted.length} accepted events are missing`,
  )
  await store.close()
  expect(accepted.filter((id) => counts.get(id) !== 1)).toEqual([])
}

/**
 * Every session is still shown its number. It may be given one more of another pool: after a start nobody's address is
 * known, and a pool that refused it for its limit by address has room again.
 */
export async function expectNumbersKept(running: RunningService, sessions: Map<string, string>): Promise<void> {
  for (const [session, number] of sessions) {
    const visitor = session.replace('session', 'visitor')
    const answer = await running.api('POST', '/v1/numbers', { site: 'demo', visitor, session })
    expect(answer.body.numbers, session).toContainEqual(expect.objectContaining({ number }))
  }
}
