import { nanoid } from 'nanoid'
import { expect } from 'vitest'
import { openStore } from '#storage/client.ts'
import { type RunningService, waitUntil } from '../support/running-service.ts'

export interface Stream {
  /** Answers that were no 202, by status; 0 where there was none. */
  refused: Map<number, number>
  /** 503 that did not say when to come back. */
  without_retry_after: number
  stop(): Promise<void>
  accepted: string[]
  /** The number that each session was shown last. */
  numbers: Map<string, string>
}

/** Posts events without pause until told to stop; remembers the ids that were answered 2xx. What was refused is sent again. */
export function startStream(url: string): Stream {
  const accepted: string[] = []
  const refused: Stream['refused'] = new Map()
  let without_retry_after = 0
  const refuse = (status: number) => refused.set(status, (refused.get(status) ?? 0) + 1)
  const numbers: Stream['numbers'] = new Map()
  let isOn = true
  let counter = 0
  const stream = nanoid(6)
  const worker = async (name: number) => {
    let again: { ids: string[]; body: Record<string, unknown> & { session: string } } | undefined
    while (isOn) {
      const ids = Array.from({ length: 5 }, () => `k-${stream}-${counter++}`)
      const body = {
        site: 'demo',
        lease: true,
        visitor: `visitor-${name}-${counter % 50}`,
        session: `session-${name}-${counter % 50}`,
        sent_at: new Date().toISOString(),
        events: ids.map((id) => ({ id, type: 'page', at: new Date().toISOString(), url: 'http://localhost/demo/' })),
      }
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
        if (answer.status !== 202) continue
        accepted.push(...ids)
        const shown = (await answer.json()) as { numbers?: { number: string }[] }
        for (const { number } of shown.numbers ?? []) numbers.set(body.session, number)
      } catch {
        await new Promise((done) => setTimeout(done, 20))
      }
    }
  }
  const workers = Array.from({ length: 8 }, (_, index) => worker(index))
  return {
    accepted,
    numbers,
    async stop() {
      isOn = false
      await Promise.all(workers)
    },
  }
}

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
    30_000,
    () => `${accepted.filter((id) => !counts.has(id)).length} of ${accepted.length} accepted events are missing`,
  )
  await store.close()
  expect(accepted.filter((id) => counts.get(id) !== 1)).toEqual([])
}
