import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ADMIN_TOKEN, ownEnvironment, root } from '../support/running-service.ts'

export type Part = 'main' | 'engine' | 'matching' | 'worker'

/** The built service with its parts at hand, to be killed, stopped and started again. */
export interface BatteredService {
  readonly isRunning: boolean
  /** Ends that nobody asked for, after the service had been ready. */
  readonly diedByItself: string[]
  start(): void
  /** Process ids of a part; several for workers. */
  pids(part: Part): number[]
  signal(part: Part, signal: NodeJS.Signals): number
  /** Ends the service as an operator does; resolves with its exit code. */
  terminate(): Promise<number | null>
  /** Resolves once the main process is gone. */
  ended(): Promise<void>
  isReady(): Promise<boolean>
  api(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }>
  clickhouse(): Promise<{ url: string; user: string; password: string; database: string }>
}

export interface BatteredOptions {
  dir: string
  port: number
  env: Record<string, string>
  /** Goes before its command. */
  within: string[]
  /** Where its output goes. */
  outputFile: string
}

export function batterService({ dir, port, env, within, outputFile }: BatteredOptions): BatteredService {
  const url = `http://localhost:${port}`
  const output = createWriteStream(outputFile, { flags: 'a' })
  const diedByItself: string[] = []
  let child: ChildProcess | undefined
  let exited: Promise<number | null> = Promise.resolve(null)
  let isEndExpected = false
  let wasReady = false

  const service: BatteredService = {
    diedByItself,
    get isRunning() {
      return child !== undefined && child.exitCode === null && child.signalCode === null
    },
    start() {
      isEndExpected = false
      wasReady = false
      const command = [...within, process.execPath, 'bin/throughline.mjs', 'start']
      const made = spawn(command[0] as string, command.slice(1), {
        cwd: root,
        env: {
          ...ownEnvironment(),
          PORT: String(port),
          DATA_DIR: dir,
          ADMIN_TOKEN,
          RATE_LIMIT_PER_MINUTE: '0',
          OUTBOUND_ALLOW: '127.0.0.0/8',
          ...env,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      made.stdout.pipe(output, { end: false })
      made.stderr.pipe(output, { end: false })
      exited = new Promise((done) => {
        made.once('exit', (code, signal) => {
          if (!isEndExpected && wasReady) diedByItself.push(`code ${code}, signal ${signal}`)
          done(code)
        })
      })
      child = made
    },
    pids(part) {
      const pid = child?.pid
      if (pid === undefined || !service.isRunning) return []
      return part === 'main' ? [pid] : childrenOf(pid).filter((each) => partOf(each) === part)
    },
    signal(part, signal) {
      const pids = service.pids(part)
      if (part === 'main' && signal === 'SIGKILL') isEndExpected = true
      let told = 0
      for (const pid of pids) told += Number(tell(pid, signal))
      return told
    },
    async terminate() {
      isEndExpected = true
      for (const pid of service.pids('main')) tell(pid, 'SIGTERM')
      return exited
    },
    async ended() {
      await exited
    },
    async isReady() {
      try {
        const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5_000) })
        const isReady = answer.ok && ((await answer.json()) as { problems: unknown[] }).problems.length === 0
        wasReady ||= isReady
        return isReady
      } catch {
        return false
      }
    },
    async api(method, path, body) {
      const answer = await fetch(`${url}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${ADMIN_TOKEN}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(280_000),
      })
      const text = await answer.text()
      return { status: answer.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) }
    },
    async clickhouse() {
      const control = JSON.parse(await readFile(join(dir, 'control.json'), 'utf8'))
      return control.clickhouse
    },
  }
  return service
}

/** False when it is gone already. */
function tell(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal)
    return true
  } catch {
    return false
  }
}

function childrenOf(pid: number): number[] {
  return readOr(`/proc/${pid}/task/${pid}/children`).trim().split(' ').filter(Boolean).map(Number)
}

function partOf(pid: number): Part {
  const command = readOr(`/proc/${pid}/cmdline`)
  if (command.includes('engine/child.mjs')) return 'engine'
  return command.includes('matching-process') ? 'matching' : 'worker'
}

function readOr(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
