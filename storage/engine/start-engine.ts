import { randomBytes } from 'node:crypto'
import { chmod, mkdir } from 'node:fs/promises'
import { totalmem } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type BiGateway, openBiGateway } from './bi-gateway.ts'
import type { EngineCluster } from './config.ts'
import { type EngineFiles, forgetOwner, nameOwner, rememberOwner, writeEngineFiles } from './engine-folder.ts'
import { freePort } from './free-port.ts'
import { engineLimits } from './limits.ts'
import { becomesReady, type EngineExit, type EngineRun, runEngine } from './run-engine.ts'
import { watchParts } from './watch-parts.ts'
import { watchRun } from './watch-run.ts'

export type { EngineExit } from './run-engine.ts'

/** waiting: another engine still holds the folder. down: it ended by itself and will be started again. */
export type EngineState = 'starting' | 'waiting' | 'up' | 'down' | 'stopped'

export interface EngineOptions {
  /** The engine's own folder; nothing else may be in it. */
  dir: string
  /** Path of child.mjs. */
  childScript: string
  /** The loopback port; a free one when not given. It stays the same while this engine is restarted. */
  port?: number
  /** Memory of the machine; what the system says when not given. */
  memory_bytes?: number
  /** Opens a read-only user for BI tools, named `bi`, on a loopback port of its own. */
  bi?: { port?: number; password: string; database: string }
  /** The one folder that backups are written to and read from; `backups` beside the data when not given. */
  backups?: string
  /** Of the user; made at each start when not given. */
  password?: string
  /** Makes it a shard of a cluster: only for tests (config.ts says why). */
  cluster?: EngineCluster
  /** How long a start waits for an engine that is just dying. */
  lock_wait_ms?: number
  /** Ends a start that is still waiting. A started engine ends by `stop`. */
  signal?: AbortSignal
  onState?(state: EngineState): void
  /** One that neither answers nor uses the processor for so long is killed, and started again. Never, when not given. */
  hung_after_ms?: number
  /** It is killed for that. */
  onHung?(silent_ms: number): void
  /** It could not read what it had written, again and again, and is killed: the next start sets that aside. */
  onSpoilt?(): void
  /** It ended by itself. */
  onExit?(exit: EngineExit): void
  /** It is up again after it had ended by itself. */
  onRestart?(): void
}

export interface Engine {
  /** Base address of ClickHouse's HTTP interface, without user and password. */
  url: string
  user: string
  password: string
  /** Of the process that runs now; another one after a restart. */
  readonly pid: number
  /** Where BI tools find it. */
  bi_port: number | undefined
  stop(): Promise<void>
}

/** It reads the list of every part first. One that stands still meanwhile is not waited for so long: it is watched. */
const READY_WAIT_MS = 600_000
const LOCK_WAIT_MS = 30_000
const LOCK_POLL_MS = 200
/** What it has answered is synced: one that does not end by then may be killed. */
const STOP_WAIT_MS = 10_000
const REVIVE_PAUSE_MS = 100
const PARTS_LOOK_EVERY_MS = 10_000
const REVIVE_PAUSE_MS_MAX = 10_000

/** Starts ClickHouse as a child process that owns `dir`; ready to answer when the promise resolves, and kept alive. */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const home = resolve(options.dir)
  await mkdir(home, { recursive: true, mode: 0o700 })
  await chmod(home, 0o700)
  const port = options.port ?? (await freePort())
  const limits = engineLimits(options.memory_bytes ?? machineMemory())
  const password = options.password ?? mintPassword()
  const bi = options.bi && { password: mintPassword(), database: options.bi.database }
  const { cluster } = options
  const backups = resolve(options.backups ?? join(home, 'backups'))
  const files: EngineFiles = { home, port, limits, user: 'throughline', password, bi, backups, cluster }
  const stopping = new AbortController()
  let run = await takeFolder(files, options, options.signal)
  const gateway = await openGateway(files, options).catch((error: unknown) => {
    run.end()
    throw error
  })
  const supervised = supervise()
  // Who is never killed for hanging is not killed for this either.
  const { hung_after_ms = 0, onSpoilt } = options
  if (hung_after_ms > 0) {
    const look_every_ms = Math.min(PARTS_LOOK_EVERY_MS, hung_after_ms / 10)
    const { signal } = stopping
    void watchParts({
      ...files,
      url: urlOf(files),
      run: () => run,
      signal,
      look_every_ms,
      ...(onSpoilt && { onSpoilt }),
    })
  }
  options.onState?.('up')

  return {
    url: urlOf(files),
    user: files.user,
    password,
    get pid() {
      return run.pid
    },
    bi_port: gateway?.port,
    async stop() {
      stopping.abort()
      await gateway?.close()
      run.end()
      const deadline = setTimeout(() => run.kill(), STOP_WAIT_MS)
      await supervised
      clearTimeout(deadline)
      await forgetOwner(home)
      options.onState?.('stopped')
    },
  }

  async function supervise(): Promise<void> {
    for (;;) {
      const exit = await run.exited
      if (stopping.signal.aborted) return
      options.onState?.('down')
      options.onExit?.(exit)
      const revived = await revive(files, options, stopping.signal)
      if (!revived) return
      run = revived
      // Stopped while it was starting: the stop saw the run before this one.
      if (stopping.signal.aborted) run.end()
      else {
        options.onState?.('up')
        options.onRestart?.()
      }
    }
  }
}

async function openGateway(files: EngineFiles, { bi }: EngineOptions): Promise<BiGateway | undefined> {
  if (!bi || !files.bi) return undefined
  const { password, port = 0 } = bi
  return openBiGateway({ port, password, engine_url: urlOf(files), engine_password: files.bi.password })
}

function mintPassword(): string {
  return randomBytes(24).toString('base64url')
}

/** Tries for as long as the service lives: facts wait in the log meanwhile. Nothing when it is stopped first. */
async function revive(
  files: EngineFiles,
  options: EngineOptions,
  stopping: AbortSignal,
): Promise<EngineRun | undefined> {
  for (let pause_ms = REVIVE_PAUSE_MS; ; pause_ms = Math.min(pause_ms * 2, REVIVE_PAUSE_MS_MAX)) {
    await sleep(pause_ms, undefined, { signal: stopping }).catch(() => undefined)
    if (stopping.aborted) return undefined
    try {
      return await takeFolder(files, options, stopping)
    } catch (error) {
      if (stopping.aborted) return undefined
      options.onExit?.({ code: null, signal: null, locked: false, reason: (error as Error).message })
    }
  }
}

/** Starts one engine on the folder; while another holds it, tries again until the wait is over. */
async function takeFolder(files: EngineFiles, options: EngineOptions, stopping?: AbortSignal): Promise<EngineRun> {
  const deadline = performance.now() + (options.lock_wait_ms ?? LOCK_WAIT_MS)
  for (;;) {
    options.onState?.('starting')
    const started = await launch(files, options, stopping)
    if ('pid' in started) return started
    if (stopping?.aborted) throw new Error('Stopped while the embedded ClickHouse was starting.')
    if (!started.locked) throw new Error(`The embedded ClickHouse ended at start: ${started.reason}`)
    if (performance.now() > deadline) throw new Error(await nameOwner(files.home))
    options.onState?.('waiting')
    await sleep(LOCK_POLL_MS, undefined, stopping && { signal: stopping }).catch(() => undefined)
  }
}

async function launch(
  files: EngineFiles,
  options: EngineOptions,
  stopping?: AbortSignal,
): Promise<EngineRun | EngineExit> {
  const { configFile, remove } = await writeEngineFiles(files)
  const run = runEngine({ childScript: options.childScript, configFile, listenTcp: files.cluster !== undefined })
  const server = { ...files, url: urlOf(files) }
  // From its first moment: a start can hang as well.
  const watch = watchRun(run, { ...options, ...server })
  void run.exited.then(watch.end)
  const ready = await becomesReady(run, { ...server, wait_ms: READY_WAIT_MS, stopping })
  // Read once, at start: there is no reason to leave them on the disk.
  await remove()
  if (ready) {
    await rememberOwner(files.home, run.pid)
    return run
  }
  run.kill()
  return run.exited
}

function urlOf({ port }: EngineFiles): string {
  return `http://127.0.0.1:${port}`
}

/** A container's limit counts, not the machine around it. */
function machineMemory(): number {
  const total = totalmem()
  const constrained = process.constrainedMemory()
  return constrained > 0 ? Math.min(constrained, total) : total
}
