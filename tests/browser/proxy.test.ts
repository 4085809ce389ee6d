import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { Agent, request } from 'undici'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { openStore, type Store } from '#storage/client.ts'
import { openBrowser } from '../support/browser.ts'
import { freePort, type RunningService, removeDataFolder, root, runService } from '../support/running-service.ts'

const NUMBER = '+74950000200'
// Of the loopback network, so that it can be come from; the last byte is not stored.
const VISITOR_ADDRESS = '127.0.5.9'
const VISITOR_STORED = '127.0.5.0'

const servers = [
  ['nginx', 'nginx', nginxCommand],
  ['Caddy', 'caddyfile', caddyCommand],
] as const

let service: RunningService
let store: Store
let browser: Browser
let docs: string
const missing = servers.map(([name]) => name.toLowerCase()).filter((program) => !isInstalled(program))

beforeAll(async () => {
  if (missing.length > 0)
    process.stderr.write(`NOT TRIED: the recipes for ${missing.join(', ')}, because it is not installed.\n`)
  if (missing.length === servers.length) return
  docs = await readFile(join(root, 'docs/proxy.md'), 'utf8')
  service = await runService({ env: { TRUST_PROXY: '127.0.0.1/32' } })
  await service.api('PUT', '/v1/sites/shop', { domains: ['shop.test'] })
  const pool = { site: 'shop', kind: 'dynamic', numbers: ['+74950000201', '+74950000202'], replaces: [NUMBER] }
  await service.api('PUT', '/v1/pools/main', pool)
  store = openStore((await service.control()).clickhouse)
  browser = await openBrowser()
}, 120_000)

afterAll(async () => {
  await browser?.close()
  await store?.close()
  await service?.stop()
  if (service) await removeDataFolder(service.dir)
})

let proxy: { url: string; close(): Promise<void> } | undefined
afterEach(async () => {
  await proxy?.close()
  proxy = undefined
})

describe.each(servers)('the recipe for %s', (name, language, command) => {
  const isThere = !missing.includes(name.toLowerCase())

  test.runIf(isThere)('brings the script under a free name, takes the facts, and gives the number', async () => {
    proxy = await startProxy(language, command, service.url.replace('http://localhost', '127.0.0.1'))
    // Robots are given no numbers.
    const userAgent = `Mozilla/5.0 (X11; Linux x86_64) Chrome/${browser.version()} Safari/537.36`
    const context = await browser.newContext({ userAgent })
    const page = await context.newPage()
    const asked: string[] = []
    page.on('request', (request) => asked.push(new URL(request.url()).pathname))
    await page.goto(`${proxy.url}/page.html?tl_debug`)
    await page.waitForSelector('text=/\\+7 \\(495\\) 000-02-0[1-9]/')
    expect(asked.filter((path) => path.startsWith('/s/'))).toEqual(['/s/a.js', '/s/t/shop.aids.js', '/s/v1/events'])
    expect(asked.filter((path) => /^\/(t|v1)\//.test(path))).toEqual([])
    const [cookie] = (await context.cookies()).filter((cookie) => cookie.name === 'tl_visitor')
    expect(cookie?.domain).toContain('shop.test')
    await expect.poll(() => addressesOf(cookie?.value ?? ''), { timeout: 20_000 }).toEqual(['127.0.0.0'])
    await context.close()
  })

  test.runIf(isThere)('hands on the address of the visitor, and not the one the visitor claims', async () => {
    proxy = await startProxy(language, command, service.url.replace('http://localhost', '127.0.0.1'))
    const visitor = `v-${language}`
    const dispatcher = new Agent({ localAddress: VISITOR_ADDRESS })
    const { port } = new URL(proxy.url)
    const answer = await request(`http://127.0.0.1:${port}/s/v1/events`, {
      dispatcher,
      method: 'POST',
      headers: {
        host: `shop.test:${port}`,
        origin: proxy.url,
        'content-type': 'text/plain',
        'x-forwarded-for': '8.8.8.8',
      },
      body: JSON.stringify({
        ...{ site: 'shop', visitor, session: 's1' },
        events: [{ id: visitor, type: 'page', at: new Date().toISOString(), url: `${proxy.url}/` }],
      }),
    })
    expect([answer.statusCode, await answer.body.json()]).toMatchObject([202, { accepted: 1 }])
    expect(answer.headers['access-control-allow-origin']).toBe(proxy.url)
    await dispatcher.close()
    await expect.poll(() => addressesOf(visitor), { timeout: 20_000 }).toEqual([VISITOR_STORED])
  })

  test.runIf(isThere)('passes on nothing but the four addresses', async () => {
    proxy = await startProxy(language, command, service.url.replace('http://localhost', '127.0.0.1'))
    for (const path of ['/s/', '/s/v1/sites', '/s/t/demo.js', '/s/metrics', '/v1/sites', '/s/v1/events/../sites'])
      expect([path, (await fetchAt(path)).status]).toEqual([path, 404])
  })

  test.runIf(isThere)('leaves the caching and the packing of the script as they are', async () => {
    proxy = await startProxy(language, command, service.url.replace('http://localhost', '127.0.0.1'))
    const packed = { 'accept-encoding': 'br' }
    const script = await fetchAt('/s/a.js', packed)
    expect(script.headers).toMatchObject({
      'content-encoding': 'br',
      vary: 'Accept-Encoding',
      'cache-control': expect.stringContaining('max-age=300'),
    })
    const again = await fetchAt('/s/a.js', { ...packed, 'if-none-match': String(script.headers.etag) })
    expect(again.status).toBe(304)
  })

  test.runIf(isThere)('lets cookies pass both ways', async () => {
    const seen: string[] = []
    const upstream = createServer((asked, answer) => {
      seen.push(`${asked.url} ${asked.headers.cookie}`)
      answer.setHeader('set-cookie', 'tl_visitor=v1; Path=/; Max-Age=34560000').end('{}')
    })
    const port = await listen(upstream)
    proxy = await startProxy(language, command, `127.0.0.1:${port}`)
    const answer = await fetchAt('/s/v1/events', { cookie: 'tl_visitor=v1; tl_session=s1' })
    expect(seen).toEqual(['/v1/events tl_visitor=v1; tl_session=s1'])
    expect(answer.headers['set-cookie']).toContain('tl_visitor=v1; Path=/; Max-Age=34560000')
    upstream.closeAllConnections()
    upstream.close()
  })
})

async function fetchAt(path: string, headers: Record<string, string> = {}) {
  const { port } = new URL(proxy?.url ?? '')
  const answer = await request(`http://127.0.0.1:${port}${path}`, {
    headers: { host: `shop.test:${port}`, ...headers },
  })
  await answer.body.dump()
  return { status: answer.statusCode, headers: answer.headers }
}

async function addressesOf(visitor: string): Promise<string[]> {
  const rows = await store.query<{ ip: string }>('SELECT DISTINCT ip FROM events WHERE visitor = {visitor:String}', {
    visitor,
  })
  return rows.map(({ ip }) => ip)
}

/** The real server with the settings of the documentation, and one page of the site beside them. */
async function startProxy(
  language: string,
  command: (options: { dir: string; port: number; recipe: string }) => Promise<[string, string[]]>,
  upstream: string,
): Promise<{ url: string; close(): Promise<void> }> {
  const recipe = new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(docs)?.[1]
  const line = /```html\n(.*)\n```/.exec(docs)?.[1]
  if (!recipe?.includes('127.0.0.1:8080') || !line) throw new Error(`docs/proxy.md has no recipe for ${language}.`)
  const dir = await mkdtemp(join(tmpdir(), 'throughline-proxy-'))
  const port = await freePort()
  await writeFile(join(dir, 'page.html'), `<!doctype html><title>Shop</title>${line}<p>+7 (495) 000-02-00</p>`)
  const [program, args] = await command({ dir, port, recipe: recipe.replaceAll('127.0.0.1:8080', upstream) })
  const child = spawn(program, args, {
    cwd: dir,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, HOME: dir },
  })
  let output = ''
  child.stderr.on('data', (piece) => (output += piece))
  await expect.poll(() => isUp(port, child, () => output), { timeout: 20_000 }).toBe(true)
  return {
    url: `http://shop.test:${port}`,
    async close() {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      if (child.exitCode === null) child.kill('SIGTERM')
      await ended
      await rm(dir, { recursive: true, force: true })
    },
  }
}

async function isUp(port: number, child: ChildProcess, output: () => string): Promise<boolean> {
  if (child.exitCode !== null) throw new Error(`The proxy ended:\n${output()}`)
  const headers = { host: `shop.test:${port}` }
  return request(`http://127.0.0.1:${port}/page.html`, { headers }).then(
    async ({ statusCode, body }) => {
      await body.dump()
      return statusCode === 200
    },
    () => false,
  )
}

async function nginxCommand({
  dir,
  port,
  recipe,
}: {
  dir: string
  port: number
  recipe: string
}): Promise<[string, string[]]> {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${dir}/${kind};`,
  )
  const user = process.getuid?.() === 0 ? 'user root;' : ''
  await writeFile(
    join(dir, 'nginx.conf'),
    `daemon off; ${user} pid ${dir}/pid; error_log stderr; events {}
     http { access_log off; types { text/html html; } ${temporary.join(' ')}
       server { listen 127.0.0.1:${port}; server_name shop.test; root ${dir};
         ${recipe} } }`,
  )
  return ['nginx', ['-p', dir, '-e', 'stderr', '-c', join(dir, 'nginx.conf')]]
}

async function caddyCommand({
  dir,
  port,
  recipe,
}: {
  dir: string
  port: number
  recipe: string
}): Promise<[string, string[]]> {
  const caddyfile = `{
	admin off
	auto_https off
}
http://shop.test:${port} {
	bind 127.0.0.1
	root * ${dir}
${recipe}
	handle {
		file_server
	}
}
`
  await writeFile(join(dir, 'Caddyfile'), caddyfile)
  return ['caddy', ['run', '--config', join(dir, 'Caddyfile'), '--adapter', 'caddyfile']]
}

function isInstalled(program: string): boolean {
  try {
    execFileSync(program, [program === 'nginx' ? '-v' : 'version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}
