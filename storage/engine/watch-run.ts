import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { openSilence } from '#shell/silence.ts'
import { ask, type EngineRun, type Server } from './run-engine.ts'

export interface WatchOptions extends Server {
  hung_after_ms?: number
  onHung?(silent_ms: number): void
}

const LOOK_EVERY_MS = 5_000
/** Looks at least, before one is taken for hung. */
const LOOKS_MIN = 10

/**
 * Kills an engine that hangs. That it does not answer is not enough: one that is busy, or short of memory, is left to its work.
 * But an engine always does a little, so one that uses no processor at all does not run. Where that cannot be seen (it takes
 * Linux), nothing is killed.
 */
export function watchRun(run: EngineRun, { hung_after_ms = 0, onHung, ...server }: WatchOptions): { end(): void } {
  const ended = new AbortController()
  const { signal } = ended
  if (hung_after_ms > 0) void watch()
  return { end: () => ended.abort() }

  async function watch(): Promise<void> {
    const look_every_ms = Math.min(LOOK_EVERY_MS, hung_after_ms / LOOKS_MIN)
    const silence = openSilence(look_every_ms)
    let used = await cpuTicks(run.pid)
    while (!signal.aborted) {
      const answered = await ask(server, look_every_ms)
      const now = await cpuTicks(run.pid)
      const silent_ms = silence.look(performance.now())
      if (answered !== undefined || now === undefined || now !== used) silence.heard()
      else if (silent_ms >= hung_after_ms) return kill(silent_ms)
      used = now
      await sleep(look_every_ms, undefined, { signal, ref: false }).catch(() => undefined)
    }
  }
  function kill(silent_ms: number): void {
    onHung?.(silent_ms)
    run.kill()
  }
}

/** The processor time that a process has used so far, of user and system; undefined where it cannot be seen. */
async function cpuTicks(pid: number): Promise<number | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  // Behind the name, which may have spaces and brackets of its own, the first field is the state.
  const fields = stat?.slice(stat.lastIndexOf(') ') + 2).split(' ')
  return fields && Number(fields[11]) + Number(fields[12])
}
