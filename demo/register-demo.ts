import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { Failure } from '#shell/failure.ts'
import type { App } from '#shell/http.ts'
import { demoSite } from './demo-site.ts'
import { type PageName, renderPage } from './pages/page.ts'
import type { Language } from './pages/texts.ts'

export interface DemoOptions {
  /** The one line a site owner pastes, with the public address inside. */
  snippet: string
  /** Asks the service over its own public API, with a token that reaches the demo site alone. */
  api(method: 'GET' | 'POST', path: string, body?: object): Promise<{ status: number; body: unknown }>
  assetsFolder: string
}

interface ReceivedPostback {
  at: string
  deal: string
  body: Record<string, string>
}

const POSTBACKS_MAX = 200

const pages: Record<string, PageName> = {
  '/demo/': 'home',
  '/demo/north-shore': 'shore',
  '/demo/green-hills': 'hills',
  '/demo/contacts': 'contacts',
  '/demo/thanks': 'thanks',
}

const assetTypes = {
  'site.css': 'text/css',
  'panel.js': 'text/javascript',
  'panel-texts.js': 'text/javascript',
  'icon.svg': 'image/svg+xml',
} as const

/** The demo site at /demo/: its pages, and the routes by which its panel plays the caller, the CRM and the ad platform. */
export function registerDemo(app: App, { snippet, api, assetsFolder }: DemoOptions): void {
  for (const [path, page] of Object.entries(pages)) {
    app.get(path, { schema: { hide: true } }, async (request, reply) => {
      const language = languageOf(request.query, request.headers['accept-language'])
      return reply
        .type('text/html; charset=utf-8')
        .header('cache-control', 'no-store')
        .send(renderPage({ page, language, snippet }))
    })
  }
  for (const [name, type] of Object.entries(assetTypes)) {
    app.get(`/demo/assets/${name}`, { schema: { hide: true } }, async (_request, reply) =>
      reply
        .type(`${type}; charset=utf-8`)
        .header('cache-control', 'no-cache')
        .send(await readFile(join(assetsFolder, name))),
    )
  }
  registerForm(app, snippet)
  registerOutsideWorld(app, api)
}

/** The form is an ordinary one: it posts and the browser shows the next page. */
function registerForm(app: App, snippet: string): void {
  app.register(async (scope) => {
    scope.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: 16_384 },
      (_request, body, done) => done(null, body),
    )
    scope.post('/demo/thanks', { schema: { hide: true } }, async (request, reply) => {
      const language = languageOf(request.query, request.headers['accept-language'])
      return reply.type('text/html; charset=utf-8').send(renderPage({ page: 'thanks', language, snippet }))
    })
  })
}

const Call = z.object({ to: z.string().min(5).max(40), from: z.string().min(5).max(40) })
const Deal = z.object({ phone: z.string().min(5).max(40), visitor: z.string().max(128).optional() })
const History = z.object({ visitor: z.string().min(1).max(128) })

function registerOutsideWorld(app: App, api: DemoOptions['api']): void {
  const postbacks: ReceivedPostback[] = []

  app.post('/demo/api/call', { schema: { hide: true, body: Call } }, async ({ body }, reply) => {
    const call = { id: randomUUID(), site: demoSite, at: new Date(Date.now() - 1000).toISOString() }
    const talk = { direction: 'in', status: 'answered', duration: 71, talk: 64, wait: 7, provider: 'demo' }
    return passOn(reply, await api('POST', '/v1/calls', { ...call, ...talk, from: body.from, to: body.to }))
  })

  app.post('/demo/api/deal', { schema: { hide: true, body: Deal } }, async ({ body }, reply) => {
    const deal = {
      id: randomUUID(),
      site: demoSite,
      at: new Date().toISOString(),
      status: 'won',
      stage: 'Contract signed',
      amount: '12400000.00',
      currency: 'RUB',
      project: 'north-shore',
      manager: 'Anna',
      contact: { phones: [body.phone] },
      ...(body.visitor !== undefined && { visitor: body.visitor }),
    }
    return passOn(reply, await api('POST', '/v1/deals', deal))
  })

  app.get('/demo/api/history', { schema: { hide: true, querystring: History } }, async ({ query }) => {
    const found = await api(
      'GET',
      `/v1/persons?site=${demoSite}&visitor=${encodeURIComponent(query.visitor)}&limit=500`,
    )
    if (found.status !== 200) return { person: null, postbacks: [] }
    const person = found.body as { deals: { id: string }[] }
    const deals = new Set(person.deals.map(({ id }) => id))
    return { person, postbacks: postbacks.filter(({ deal }) => deals.has(deal)) }
  })

  app.post('/demo/ads/postback', { schema: { hide: true }, bodyLimit: 65_536 }, async (request, reply) => {
    const query = request.query as Record<string, string>
    postbacks.push({ at: new Date().toISOString(), deal: query.deal ?? '', body: query })
    if (postbacks.length > POSTBACKS_MAX) postbacks.shift()
    return reply.code(204).send()
  })
}

function passOn(
  reply: { code(status: number): { send(body: unknown): unknown } },
  answer: { status: number; body: unknown },
): unknown {
  return reply.code(answer.status).send(answer.body)
}

function languageOf(query: unknown, accepted: string | undefined): Language {
  const asked = (query as { lang?: string }).lang
  if (asked === 'ru' || asked === 'en') return asked
  if (asked !== undefined) throw new Failure('bad_request', 'lang: is ru or en', { field: 'lang' })
  return /^\s*ru\b/i.test(accepted ?? '') ? 'ru' : 'en'
}
