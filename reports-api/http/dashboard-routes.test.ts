import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, brotliDecompressSync } from 'node:zlib'
import type { FastifyBaseLogger } from 'fastify'
import pino from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type App, createApp } from '#shell/http.ts'
import { registerDashboard } from './dashboard-routes.ts'

const script = 'console.log("dashboard")'

let folder: string
let app: App

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dashboard-'))
  await mkdir(join(folder, 'assets'))
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>Throughline</title>')
  await writeFile(join(folder, 'assets/index-1a2b.js'), script)
  await writeFile(join(folder, 'assets/index-1a2b.js.br'), brotliCompressSync(script))
  app = await appWith(folder)
})

afterAll(async () => {
  await app.close()
  await rm(folder, { recursive: true })
})

describe('the dashboard', () => {
  test.each(['/', '/?site=shop', '/cross', '/persons', '/persons/p7k2m9', '/persons/?by=phone&value=1'])(
    'is served at %s',
    async (url) => {
      const answer = await app.inject({ url })
      expect(answer.statusCode).toBe(200)
      expect(answer.body).toContain('<title>Throughline</title>')
      expect(answer.headers['cache-control']).toBe('no-cache')
    },
  )

  test('allows scripts of its own alone, no frames, and asks nobody to upgrade to HTTPS', async () => {
    const { headers } = await app.inject({ url: '/' })
    const policy = String(headers['content-security-policy'])
    expect(policy).toContain("script-src 'self';")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toContain('upgrade-insecure-requests')
    expect(headers['strict-transport-security']).toBeUndefined()
  })

  test('hands out its assets compressed and for ever, since their names change with what is in them', async () => {
    const answer = await app.inject({ url: '/assets/index-1a2b.js', headers: { 'accept-encoding': 'gzip, br' } })
    expect(answer.headers['content-encoding']).toBe('br')
    expect(brotliDecompressSync(answer.rawPayload).toString()).toBe(script)
    expect(answer.headers['cache-control']).toBe('public, max-age=31536000, immutable')
    expect(answer.headers['content-type']).toContain('javascript')
  })

  test('hands out plain assets to whoever reads nothing else', async () => {
    const answer = await app.inject({ url: '/assets/index-1a2b.js', headers: { 'accept-encoding': 'identity' } })
    expect(answer.headers['content-encoding']).toBeUndefined()
    expect(answer.body).toBe(script)
  })

  test('answers for an asset that is gone with 404, not with the page', async () => {
    const answer = await app.inject({ url: '/assets/index-old.js' })
    expect(answer.statusCode).toBe(404)
    expect(answer.json()).toMatchObject({ error: { code: 'not_found' } })
  })

  test.each(['/assets/../index.html', '/assets/%2e%2e/index.html', '/assets/..%2findex.html'])(
    'does not lead out of its assets by %s',
    async (url) => {
      const answer = await app.inject({ url })
      expect(answer.statusCode).toBeGreaterThanOrEqual(400)
    },
  )

  test('leaves the headers of other routes alone', async () => {
    const answer = await app.inject({ url: '/t/shop.js' })
    expect(answer.statusCode).toBe(200)
    expect(answer.headers['content-security-policy']).toBeUndefined()
    expect(answer.headers['cross-origin-resource-policy']).toBeUndefined()
  })

  test('says what to do when it has not been built', async () => {
    const bare = await appWith(join(folder, 'nothing-here'))
    const answer = await bare.inject({ url: '/' })
    expect(answer.statusCode).toBe(503)
    expect(answer.body).toContain('npm run build')
    await bare.close()
  })
})

async function appWith(dashboard: string): Promise<App> {
  const made = createApp({
    // createApp wants the framework's name for a logger; pino is one.
    log: pino({ level: 'silent' }) as FastifyBaseLogger,
    trustProxy: [],
    authorize: () => undefined,
  })
  await registerDashboard(made, { folder: dashboard })
  made.get('/t/:file', () => '')
  await made.ready()
  return made
}
