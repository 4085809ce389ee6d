import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '#storage/engine/free-port.ts'

export { freePort }

export const ADMIN_TOKEN = 'tl_test_admin_token_0123456789'

export interface RunningService {
  url: string
  dir: string
  /** Of the main process. */
  pid: number
  output(): string
  api(method: string, path: string, body?: unknown): Promise<{ status: number; body: AnyJson }>
  /** Ends it as an operator does. Resolves with the exit code. */
  stop(): Promise<number | null>
  /** Ends the main process as a crash does; its children must follow by themselves. */
  kill(): Promise<void>
  /** Ends the service and everything that belongs to it at one moment, as the kernel does when memory is short. */
  killAll(): Promise<void>
  /** The process of one part, of the service's own children. */
  part(name: 'engine' | 'matching'): Promise<number | undefined>
  /** The processes that match: several, with MATCHERS above 1. */
  matchers(): Promise<number[]>
  /** The processes that take requests, with WORKERS above 1. */
  workers(): Promise<number[]>
  control(): Promise<{ clickhouse: { url: string; user: string; password: string; database: string } }>
}

// biome-ignore lint/suspicious/noExplicitAny: answers of the API are looked into field by field, and a wrong one fails the test.
type AnyJson = any

const READY_MS = 60_000

export const root = join(import.meta.dirname, '../..')

/** Of Node, as `npm start` has them. */
const flags = ['--max-semi-space-size=32', '--v8-pool-size=1']

/** The built service as its users run it, on a free port and a data folder of its own. `within` goes before its command. */
export async function runService(
  options: { dir?: string; env?: Record<string, string>; port?: number; within?: string[]; args?: string[] } = {},
): Promise<RunningService> {
  const dir = options.dir ?? (await newDataFolder())
  const port = options.port ?? (await freePort())
  const url = `http://localhost:${port}`
  const command = [
    ...(options.within ?? []),
    process.execPath,
    ...flags,
    'bin/throughline.mjs',
    'start',
    '--demo',
    ...(options.args ?? []),
  ]
  const child = spawn(command[0] as string, command.slice(1), {
    cwd: root,
    env: {
      ...ownEnvironment(),
      PORT: String(port),
      DATA_DIR: dir,
      ADMIN_TOKEN,
      RATE_LIMIT_PER_MINUTE: '0',
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  child.stdout.on('data', (chunk) => (output += chunk))
  child.stderr.on('data', (chunk) => (output += chunk))
  const ended = new Promise<number | null>((done) => child.once('exit', (code) => done(code)))
  await waitUntil(
    async () => {
      if (child.exitCode !== null) throw new Error(`The service ended (${child.exitCode}):\n${output}`)
      return (await fetch(`${url}/v1/sites/demo`, { headers: { authorization: `Bearer ${ADMIN_TOKEN}` } })).ok
    },
    READY_MS,
    () => `The service did not get ready:\n${output}`,
  )
  return {
    url,
    dir,
    pid: child.pid as number,
    output: () => output,
    async api(method, path, body) {
      const answer = await fetch(`${url}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${ADMIN_TOKEN}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      const text = await answer.text()
      return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) }
    },
    stop: () => end(child, 'SIGTERM', ended),
    async kill() {
      await end(child, 'SIGKILL', ended)
    },
    async killAll() {
      const pid = child.pid as number
      for (const one of [await findPart(pid, 'engine'), ...(await findParts(pid, parts.matching)), pid]) {
        if (one !== undefined) process.kill(one, 'SIGKILL')
      }
      await ended
    },
    part: (name) => findPart(child.pid as number, name),
    matchers: () => findParts(child.pid as number, parts.matching),
    workers: () => findParts(child.pid as number, 'worker-process'),
    async control() {
      let control: Awaited<ReturnType<RunningService['control']>> | undefined
      await waitUntil(
        async () => {
          control = JSON.parse(await readFile(join(dir, 'control.json'), 'utf8'))
          return control !== undefined
        },
        READY_MS,
        () => 'ClickHouse did not get ready',
      )
      return control as NonNullable<typeof control>
    },
  }
}

/** What a shell gives. The test runner sets names of its own, such as BASE_URL, that would be taken for settings. */
export function ownEnvironment(): Record<string, string> {
  const { PATH, HOME } = process.env
  return { ...(PATH && { PATH }), ...(HOME && { HOME }) }
}

export interface Command {
  pid: number
  output(): string
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
}

/** Any command of the shell in a process group of its own, for starts that are not to get ready. */
export function runCommand(command: string[], env: Record<string, string>): Command {
  const [program, ...args] = command as [string, ...string[]]
  const child = spawn(program, args, {
    cwd: root,
    env: { ...ownEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let output = ''
  child.stdout.on('data', (chunk) => (output += chunk))
  child.stderr.on('data', (chunk) => (output += chunk))
  return {
    pid: child.pid as number,
    output: () => output,
    // «close» comes when the last process that holds its output is gone: one left behind would hold it up.
    ended: new Promise((done) => child.once('close', (code, signal) => done({ code, signal }))),
  }
}

const parts = { engine: 'engine/child.mjs', matching: 'matching-process' } as const

async function findPart(parent: number, name: keyof typeof parts): Promise<number | undefined> {
  const [first] = await findParts(parent, parts[name])
  return first
}

async function findParts(parent: number, words: string): Promise<number[]> {
  const children = await readFile(`/proc/${parent}/task/${parent}/children`, 'utf8')
  const found: number[] = []
  for (const pid of children.trim().split(' ').filter(Boolean)) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    if (command.includes(words)) found.push(Number(pid))
  }
  return found
}

/** Processes whose command line names the data folder: a stopped service leaves none. */
export async function processesOn(dir: string): Promise<string[]> {
  const found: string[] = []
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    if (command.includes(`${dir}/`)) found.push(command.replaceAll('\0', ' '))
  }
  return found
}

export function newDataFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'throughline-data-'))
}

export async function removeDataFolder(dir: string): Promise<void> {
  // A killed service's engine goes on for seconds and may still write while the folder is removed.
  await rm(dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 500 })
}

/** Polls what the outside can see; errors count as «not yet» until the time is up. */
export async function waitUntil(
  isTrue: () => Promise<boolean>,
  within_ms: number,
  describe: () => string,
): Promise<number> {
  const started_ms = Date.now()
  let last: unknown
  while (Date.now() - started_ms < within_ms) {
    try {
      if (await isTrue()) return Date.now() - started_ms
    } catch (error) {
      if (error instanceof Error && error.message.startsWith('The service ended')) throw error
      last = error
    }
    await new Promise((done) => setTimeout(done, 25))
  }
  throw new Error(`${describe()}${last ? ` (last: ${last})` : ''}`)
}

async function end(child: ChildProcess, signal: NodeJS.Signals, ended: Promise<number | null>): Promise<number | null> {
  if (child.exitCode === null) child.kill(signal)
  return ended
}
