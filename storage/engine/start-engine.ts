import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { configXml, usersXml } from './config.ts'

export interface Engine {
  /** Base address of ClickHouse's HTTP interface, without user and password. */
  url: string
  user: string
  password: string
  pid: number
  stop(): Promise<void>
}

/** Starts ClickHouse as a child process that owns `dir`; ready to answer when the promise resolves. */
export async function startEngine({ dir, childScript }: { dir: string; childScript: string }): Promise<Engine> {
  const home = resolve(dir)
  await mkdir(home, { recursive: true, mode: 0o700 })
  const port = await freePort()
  const user = 'throughline'
  const password = randomBytes(24).toString('base64url')
  const users = join(home, 'users.xml')
  const config = join(home, 'config.xml')
  await writeFile(users, usersXml({ user, password, starting: true }), { mode: 0o600 })
  await writeFile(config, configXml({ users, log: join(home, 'engine.log') }), { mode: 0o600 })

  const child = spawn(
    process.execPath,
    [
      childScript,
      libraryPath(),
      'clickhouse-local',
      `--path=${join(home, 'data')}`,
      `--http_port=${port}`,
      '--listen_host=127.0.0.1',
      `--config-file=${config}`,
      '--query',
      "SYSTEM START LISTEN HTTP; SELECT count() FROM file('-', 'LineAsString', 'line String') FORMAT Null",
    ],
    { stdio: ['pipe', 'ignore', 'ignore'] },
  )
  const ended = new Promise<void>((done) => child.once('exit', () => done()))
  const url = `http://127.0.0.1:${port}`
  const headers = { 'x-clickhouse-user': user, 'x-clickhouse-key': password }
  for (let tries = 0; ; tries++) {
    if (child.exitCode !== null)
      throw new Error(`The embedded ClickHouse ended at start; see ${join(home, 'engine.log')}.`)
    const answer = await fetch(`${url}/?query=SELECT+1`, { headers }).catch(() => undefined)
    if (answer?.ok) break
    if (tries > 1200) throw new Error('The embedded ClickHouse did not answer within 60 s.')
    await sleep(50)
  }
  await writeFile(users, usersXml({ user, password, starting: false }), { mode: 0o600 })
  await fetch(`${url}/`, { method: 'POST', headers, body: 'SYSTEM RELOAD USERS' })
  return {
    url,
    user,
    password,
    pid: child.pid as number,
    async stop() {
      child.stdin.end()
      await ended
    },
  }
}

function libraryPath(): string {
  const require = createRequire(import.meta.url)
  const chdb = createRequire(require.resolve('chdb/package.json'))
  const name = `@chdb/lib-${process.platform}-${process.arch}${process.platform === 'linux' ? '-gnu' : ''}`
  return join(chdb.resolve(`${name}/package.json`), '..', 'libchdb.so')
}

function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer()
    server.once('error', fail)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => done(port))
    })
  })
}
