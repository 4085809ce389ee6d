import { execFileSync, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WebSocket } from 'undici'

const programs = ['firefox-esr', 'firefox']
const START_MS_MAX = 60_000

/** The Firefox of this machine, if there is one. */
export const installedFirefox = programs.find((program) => {
  try {
    return /Firefox \d/.test(execFileSync(program, ['--version'], { stdio: ['ignore', 'pipe', 'ignore'] }).toString())
  } catch {
    return false
  }
})

export interface FirefoxPage {
  goto(url: string): Promise<void>
  /** The value of an expression in the page, as JSON. */
  evaluate<Value>(expression: string): Promise<Value>
}

export interface Firefox {
  newPage(): Promise<FirefoxPage>
  close(): Promise<void>
}

/** A real Firefox with a profile of its own, over WebDriver BiDi, which it speaks without a driver. `hosts` lead to this machine. */
export async function openFirefox(program: string, hosts: readonly string[]): Promise<Firefox> {
  const dir = await mkdtemp(join(tmpdir(), 'throughline-firefox-'))
  const preferences = {
    'network.dns.localDomains': hosts.join(','),
    'network.proxy.type': 0,
    'datareporting.policy.dataSubmissionEnabled': false,
    'app.update.enabled': false,
    'browser.shell.checkDefaultBrowser': false,
  }
  const lines = Object.entries(preferences).map(([name, value]) => `user_pref("${name}", ${JSON.stringify(value)});`)
  await writeFile(join(dir, 'user.js'), lines.join('\n'))
  const child = spawn(program, ['--headless', '--no-remote', '--profile', dir, '--remote-debugging-port=0'], {
    env: { PATH: process.env.PATH, HOME: dir, MOZ_CRASHREPORTER_DISABLE: '1' },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  let output = ''
  const address = await new Promise<string>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`Firefox did not start:\n${output}`)), START_MS_MAX)
    child.stderr.on('data', (piece) => {
      output += piece
      const [, found] = /WebDriver BiDi listening on (ws:\/\/\S+)/.exec(output) ?? []
      if (!found) return
      clearTimeout(late)
      resolve(found)
    })
  })
  const ask = await connect(`${address}/session`)
  await ask('session.new', { capabilities: {} })
  return {
    async newPage() {
      const { context } = await ask<{ context: string }>('browsingContext.create', { type: 'tab' })
      return pageOf(ask, context)
    },
    async close() {
      child.kill('SIGTERM')
      await ended
      await rm(dir, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

type Ask = <Result>(method: string, params: object) => Promise<Result>

function pageOf(ask: Ask, context: string): FirefoxPage {
  return {
    async goto(url) {
      await ask('browsingContext.navigate', { context, url, wait: 'complete' })
    },
    async evaluate(expression) {
      const { type, result, exceptionDetails } = await ask<Evaluated>('script.evaluate', {
        expression: `JSON.stringify(${expression})`,
        target: { context },
        awaitPromise: true,
      })
      if (type !== 'success') throw new Error(exceptionDetails?.text)
      return result?.value === undefined ? undefined : JSON.parse(result.value)
    },
  }
}

interface Evaluated {
  type: string
  result?: { value?: string }
  exceptionDetails?: { text: string }
}

/** Commands by number, each with its answer. */
async function connect(address: string): Promise<Ask> {
  const socket = new WebSocket(address)
  const waiting = new Map<number, { resolve(value: never): void; reject(error: Error): void }>()
  let last = 0
  socket.addEventListener('message', ({ data }) => {
    const { id, type, result, error, message } = JSON.parse(String(data))
    const asked = waiting.get(id)
    waiting.delete(id)
    if (type === 'error') asked?.reject(new Error(`${error}: ${message}`))
    else asked?.resolve(result as never)
  })
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve())
    socket.addEventListener('error', () => reject(new Error('Firefox refused the connection.')))
  })
  return (method, params) =>
    new Promise((resolve, reject) => {
      waiting.set(++last, { resolve, reject })
      socket.send(JSON.stringify({ id: last, method, params }))
    })
}
