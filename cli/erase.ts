import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from './config.ts'
import { askService } from './service-api.ts'

const POLL_MS = 1_000

/** The id is known everywhere once ClickHouse has the fact; with several workers that takes a moment. */
const UNKNOWN_WAIT_MS = 30_000

export interface EraseOptions {
  site: string
  phone?: string
  email?: string
  visitor?: string
  person?: string
  wait?: boolean
  json?: boolean
}

interface Progress {
  id: string
  state: 'waiting' | 'removing' | 'clearing' | 'done' | 'refused'
  reason?: string
  counts: Record<string, number>
  done_at: string | null
}

/** `throughline erase`: asked of the running service, which does it. */
export async function runErase(config: Config, { wait, json, ...asked }: EraseOptions): Promise<void> {
  const { body } = await askService(config, 'POST', '/v1/erasures', asked)
  let progress = body as Progress
  const started_ms = Date.now()
  while (wait && progress.state !== 'done' && progress.state !== 'refused') {
    await sleep(POLL_MS)
    const isNew = Date.now() - started_ms < UNKNOWN_WAIT_MS
    const next = await askService(config, 'GET', `/v1/erasures/${progress.id}`).catch((error: unknown) => {
      if (isNew) return undefined
      throw error
    })
    if (next) progress = next.body as Progress
  }
  process.stdout.write(json ? `${JSON.stringify(progress)}\n` : describe(progress))
  if (progress.state === 'refused') process.exitCode = 1
}

function describe({ id, state, reason, counts, done_at }: Progress): string {
  const removed = Object.entries(counts).map(([table, count]) => `  ${table}: ${count} rows\n`)
  if (state === 'refused') return `${id}: nothing was erased (${reason ?? 'refused'}).\n`
  const said = done_at ? `erased; the last byte was gone at ${done_at}` : `${state}; ask GET /v1/erasures/${id}`
  return `${id}: ${said}.\n${removed.join('')}`
}
