import { setTimeout as pause } from 'node:timers/promises'
import { newDataFolder, type RunningService, removeDataFolder, runService } from '#tests/support/running-service.ts'
import { openBulkBodies } from '../../ingest/bodies.ts'
import { asServer } from '../../ingest/load.ts'

const FACTS_PER_SECOND = 2_000

/** Events in one post. */
const FACTS_IN_POST = 50
const POSTS_PER_SECOND = FACTS_PER_SECOND / FACTS_IN_POST

/** After one post in so many it is asked when history has it: the asking must be no load. */
const ASKED_EACH = 20

/** What runs slower at first is not what is measured. */
const WARM_UP_S = 5

export interface From2xx {
  facts_per_s: number
  asked: number
  p50_ms: number
  p99_ms: number
  max_ms: number
}

/** From the 2xx of a post until a reader who waits for it is answered, at a steady rate, through the built service. */
export async function measureFrom2xx(seconds: number): Promise<From2xx> {
  const dir = await newDataFolder()
  const service = await runService({ dir, env: { RATE_LIMIT_PER_MINUTE: '0' } })
  try {
    await send(service, WARM_UP_S)
    const started_ms = performance.now()
    const took_ms = await send(service, seconds)
    const took_s = (performance.now() - started_ms) / 1000
    took_ms.sort((a, b) => a - b)
    const at = (share: number) => Math.round(took_ms[Math.ceil(took_ms.length * share) - 1] as number)
    const facts_per_s = Math.round((seconds * FACTS_PER_SECOND) / took_s)
    return { facts_per_s, asked: took_ms.length, p50_ms: at(0.5), p99_ms: at(0.99), max_ms: at(1) }
  } finally {
    await service.stop()
    await removeDataFolder(dir)
  }
}

/** Posts at an even rate; returns how long history took to have those it was asked for. */
async function send(service: RunningService, seconds: number): Promise<number[]> {
  const body = openBulkBodies(FACTS_IN_POST)
  const took_ms: number[] = []
  const going: Promise<void>[] = []
  const started_ms = performance.now()
  for (let post = 0; post < seconds * POSTS_PER_SECOND; post++) {
    await pause(Math.max(0, started_ms + (post * 1000) / POSTS_PER_SECOND - performance.now()))
    going.push(
      sendOne(service, body()).then(async (position) => {
        if (post % ASKED_EACH !== 0) return
        const accepted_ms = performance.now()
        const { status } = await service.api('GET', `/v1/persons?site=demo&visitor=v0&after=${position}`)
        // Nobody of that name, or somebody: either is an answer of a history that has the post.
        if (status !== 200 && status !== 404) throw new Error(`History was answered ${status}`)
        took_ms.push(performance.now() - accepted_ms)
      }),
    )
  }
  await Promise.all(going)
  return took_ms
}

async function sendOne({ url }: RunningService, body: Buffer): Promise<string> {
  const answer = await fetch(`${url}/v1/events`, { method: 'POST', headers: asServer, body })
  const { accepted, position } = (await answer.json()) as { accepted: number; position: string }
  if (answer.status !== 202 || accepted !== FACTS_IN_POST) throw new Error(`A post was answered ${answer.status}`)
  return position
}
