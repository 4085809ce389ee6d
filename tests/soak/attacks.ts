import { setTimeout as pause } from 'node:timers/promises'
import type { Random } from '../support/random.ts'
import type { SmallDisks } from '../support/small-disks.ts'
import type { BatteredService, Part } from './battered-service.ts'

export type Attack =
  | 'kill_main'
  | 'kill_engine'
  | 'kill_matching'
  | 'kill_worker'
  | 'kill_all'
  | 'terminate'
  | 'freeze_main'
  | 'freeze_engine'
  | 'freeze_matching'
  | 'rebuild_and_kill'
  | 'log_disk_low'
  | 'log_disk_full'
  | 'engine_disk_full'

const always: Partial<Record<Attack, number>> = {
  kill_main: 24,
  kill_engine: 18,
  kill_matching: 12,
  kill_all: 12,
  terminate: 8,
  freeze_main: 4,
  freeze_engine: 6,
  freeze_matching: 4,
  rebuild_and_kill: 4,
}
const withSmallDisks: Partial<Record<Attack, number>> = { log_disk_low: 5, log_disk_full: 8, engine_disk_full: 6 }

export interface Attacker {
  /** How often each was done; kills count processes. */
  readonly counts: Map<string, number>
  attack(): Promise<Attack>
}

interface AttackerOptions {
  service: BatteredService
  random: Random
  /** What can be filled. */
  disks: SmallDisks | undefined
  workers: number
}

export function openAttacker({ service, random, disks, workers }: AttackerOptions): Attacker {
  const counts = new Map<string, number>()
  const weights = {
    ...always,
    ...(disks && withSmallDisks),
    ...(workers > 1 && { kill_worker: 20 }),
  } as Record<Attack, number>
  const count = (what: string, by = 1) => counts.set(what, (counts.get(what) ?? 0) + by)
  const kill = (...parts: Part[]) => {
    for (const part of parts) {
      const pids = part === 'worker' ? service.pids('worker') : []
      // One worker of several, or all of the part.
      if (pids.length > 0 && parts.length === 1) killOne(random.pick(pids))
      else count(`killed ${part}`, service.signal(part, 'SIGKILL'))
    }
  }
  const killOne = (pid: number) => {
    try {
      process.kill(pid, 'SIGKILL')
      count('killed worker')
    } catch {
      // It had ended a moment before.
    }
  }
  const freeze = async (part: Part) => {
    const stopped = service.signal(part, 'SIGSTOP')
    await pause(random.whole(300, 4_000))
    service.signal(part, 'SIGCONT')
    count(`froze ${part}`, stopped)
  }
  const squeeze = async (disk: 'ingest' | 'clickhouse', left_bytes: number, name: string) => {
    await disks?.fill(disk, left_bytes)
    count(name)
    await pause(random.whole(500, 4_000))
    // The worst moment for a crash and a start.
    if (random.chance(0.4)) kill(random.pick<Part>(['main', 'engine']))
    if (!service.isRunning) {
      service.start()
      await pause(random.whole(500, 4_000))
    }
    await disks?.free(disk)
  }
  const attacks: Record<Attack, () => Promise<unknown> | undefined> = {
    kill_main: async () => kill('main'),
    kill_engine: async () => kill('engine'),
    kill_matching: async () => kill('matching'),
    kill_worker: async () => kill('worker'),
    kill_all: async () => kill('engine', 'matching', ...(workers > 1 ? (['worker'] as const) : []), 'main'),
    async terminate() {
      const code = await service.terminate()
      count(code === 0 ? 'stopped cleanly' : `stopped with code ${code}`)
    },
    freeze_main: () => freeze('main'),
    freeze_engine: () => freeze('engine'),
    freeze_matching: () => freeze('matching'),
    async rebuild_and_kill() {
      void service.api('POST', '/control/rebuild', {}).catch(() => undefined)
      await pause(random.whole(100, 6_000))
      count('rebuilds cut short')
      kill(random.pick<Part>(['matching', 'engine', 'main']))
    },
    log_disk_low: () => squeeze('ingest', 8 * 1024 ** 2, 'log disk nearly full'),
    log_disk_full: () => squeeze('ingest', 0, 'log disk full'),
    engine_disk_full: () => squeeze('clickhouse', 0, 'engine disk full'),
  }
  return {
    counts,
    async attack() {
      const name = random.weighted(weights)
      await attacks[name]()
      return name
    },
  }
}
