import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

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
  control(): Promise<{ clickhouse: { url: string; user: string; password: string; database: string } }>
}

// biome-ignore lint/suspicious/noExplicitAny: answers of the API are looked into field by field, and a wrong one fails the test.
type AnyJson = any

const READY_MS = 60_000

/** The built service as its users run it, on a free port and a data folder of its own. */
export async function runService(
  options: { dir?: string; env?: Record<string, string>; port?: number } = {},
): Promise<RunningService> {
  const dir = options.dir ?? (await newDataFolder())
  const port = options.port ?? (await freePort())
  const url = `http://localhost:${port}`
  const root = join(import.meta.dirname, '../..')
  // The test runner sets names of its own, such as BASE_URL, that would be taken for settings.
  const { PATH, HOME } = process.env
  const own = { ...(PATH && { PATH }), ...(HOME && { HOME }) }
  const child = spawn(process.execPath, ['bin/throughline.mjs', 'start', '--demo'], {
    cwd: root,
    env: { ...own, PORT: String(port), DATA_DIR: dir, ADMIN_TOKEN, RATE_LIMIT_PER_MINUTE: '0', ...options.env },
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

export function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer()
    server.once('error', fail)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => done(port))
    })
  })
}

async function end(child: ChildProcess, signal: NodeJS.Signals, ended: Promise<number | null>): Promise<number | null> {
  if (child.exitCode === null) child.kill(signal)
  return ended
}
