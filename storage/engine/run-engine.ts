import { spawn } from 'node:child_process'
import { get } from 'node:http'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** One life of the engine's child process. */
export interface EngineRun {
  pid: number
  exited: Promise<EngineExit>
  /** Closes standard input: the engine shuts down cleanly. */
  end(): void
  kill(): void
}

export interface EngineExit {
  code: number | null
  signal: NodeJS.Signals | null
  /** Another engine holds the data folder. */
  locked: boolean
  /** What it said last, one line. */
  reason: string
}

/** The last query waits on standard input: the engine lives until the parent closes it, or dies. */
const waitQuery = "SELECT count() FROM file('-', 'LineAsString', 'line String') FORMAT Null"

const STDERR_BYTES_MAX = 8_192
const READY_POLL_MS = 25

export interface RunOptions {
  childScript: string
  configFile: string
  /** Listens on the TCP port of the config file too, for the other shards of a cluster. */
  listenTcp?: boolean
}

export function runEngine({ childScript, configFile, listenTcp = false }: RunOptions): EngineRun {
  const startQuery = `SYSTEM START LISTEN HTTP; ${listenTcp ? 'SYSTEM START LISTEN TCP; ' : ''}${waitQuery}`
  const child = spawn(
    process.execPath,
    [childScript, libraryPath(), 'clickhouse-local', `--config-file=${configFile}`, '--query', startQuery],
    {
      stdio: ['pipe', 'ignore', 'pipe'],
      // A group of its own: Ctrl-C in a terminal is for the service, which stops the engine when its log is drained.
      detached: true,
      // Nothing of the service's environment is the engine's business, least of all its secrets.
      env: {},
    },
  )
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-STDERR_BYTES_MAX)
  })
  child.stdin.on('error', () => {
    // The engine was gone first; its exit says so.
  })
  const exited = new Promise<EngineExit>((done) => {
    child.once('error', (error) => done({ code: null, signal: null, locked: false, reason: error.message }))
    child.once('close', (code, signal) =>
      done({ code, signal, locked: said.includes('Cannot lock file'), reason: lastReason(said) }),
    )
  })
  return {
    pid: child.pid ?? -1,
    exited,
    end: () => child.stdin.end(),
    kill: () => child.kill('SIGKILL'),
  }
}

/** True once the engine answers this user; false when it ended first, took too long, or is wanted no more. */
export async function becomesReady(
  run: EngineRun,
  { wait_ms, stopping, ...server }: Server & { wait_ms: number; stopping?: AbortSignal | undefined },
): Promise<boolean> {
  let ended = false
  void run.exited.then(() => {
    ended = true
  })
  const deadline = performance.now() + wait_ms
  while (performance.now() < deadline) {
    if (ended || stopping?.aborted) return false
    if ((await ask(server, ANSWER_WAIT_MS)) === 200) return true
    await sleep(READY_POLL_MS)
  }
  return false
}

const ANSWER_WAIT_MS = 5_000

/** Where an engine answers, and whom. */
export interface Server {
  url: string
  user: string
  password: string
}

/**
 * The status of its answer to a little query; undefined when there is none in time. A connection of its own for each try: one
 * that is kept alive would hold up the engine's next stop.
 */
export function ask({ url, user, password }: Server, wait_ms: number): Promise<number | undefined> {
  return new Promise((done) => {
    const request = get(
      `${url}/?query=SELECT+1`,
      { agent: false, timeout: wait_ms, headers: { 'x-clickhouse-user': user, 'x-clickhouse-key': password } },
      (response) => {
        response.resume()
        response.once('close', () => done(response.statusCode))
      },
    )
    request.once('timeout', () => request.destroy())
    request.once('error', () => done(undefined))
  })
}

function lastReason(said: string): string {
  const lines = said.split('\n').filter((line) => line.includes('Exception'))
  return (lines.at(-1) ?? said.trim().split('\n').at(-1) ?? '').slice(0, 300)
}

function libraryPath(): string {
  const require = createRequire(import.meta.url)
  const chdb = createRequire(require.resolve('chdb/package.json'))
  const name = `@chdb/lib-${process.platform}-${process.arch}${process.platform === 'linux' ? '-gnu' : ''}`
  return join(chdb.resolve(`${name}/package.json`), '..', 'libchdb.so')
}
