import { setTimeout as sleep } from 'node:timers/promises'
import type { EngineRun, Server } from './run-engine.ts'

export interface WatchPartsOptions extends Server {
  /** The one that runs now. */
  run(): EngineRun
  signal: AbortSignal
  look_every_ms: number
  /** It is killed for it, to be started again. */
  onSpoilt?(): void
}

/** In each of so many looks in a row somebody must have met it. */
const LOOKS = 4
/** What a start did not put right, a second one soon after will not either. */
const RESTART_PAUSE_MS = 3_600_000
const ANSWER_WAIT_MS = 3_000

/**
 * Ends an engine that goes on meeting parts it cannot read. A full disk can leave one in a living server whose files are all
 * empty: every question to its table fails from then on, also when there is room again. At start the engine finds such a part
 * and sets it aside, and the log, which could not count its rows, sends them again.
 */
export async function watchParts({
  run,
  signal,
  look_every_ms,
  onSpoilt,
  ...server
}: WatchPartsOptions): Promise<void> {
  let [met, looks] = [0, 0]
  while (!signal.aborted) {
    await sleep(look_every_ms, undefined, { signal, ref: false }).catch(() => undefined)
    const now = await corruptionsMet(server).catch(() => undefined)
    // A start counts from zero again. Who is silent is another's business.
    looks = now !== undefined && now > met ? looks + 1 : 0
    met = now ?? met
    if (signal.aborted || looks < LOOKS) continue
    onSpoilt?.()
    run().kill()
    ;[met, looks] = [0, 0]
    await sleep(RESTART_PAUSE_MS, undefined, { signal, ref: false }).catch(() => undefined)
  }
}

/** How often this run of the engine could not read what it had written. */
async function corruptionsMet({ url, user, password }: Server): Promise<number> {
  const answer = await fetch(url, {
    method: 'POST',
    body: "SELECT sum(value) FROM system.errors WHERE name = 'CORRUPTED_DATA'",
    headers: { 'x-clickhouse-user': user, 'x-clickhouse-key': password },
    signal: AbortSignal.timeout(ANSWER_WAIT_MS),
  })
  if (!answer.ok) throw new Error(`It answers ${answer.status}.`)
  return Number(await answer.text())
}
