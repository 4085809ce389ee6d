import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import rateLimit from '@fastify/rate-limit'
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { Failure } from '#shell/failure.ts'
import type { App } from '#shell/http.ts'
import { demoSite } from './demo-site.ts'
import { type PageName, renderPage } from './pages/page.ts'
import type { Language } from './pages/texts.ts'

export interface DemoOptions {
  /** The one line a site owner pastes, with the public address inside. */
  snippet: string
  /** Asks the service over its own public API. */
  api(method: 'GET' | 'POST', path: string, body?: object): Promise<{ status: number; body: unknown }>
  assetsFolder: string
}

interface ReceivedPostback {
  at: string
  deal: string
  body: Record<string, string>
}

const POSTBACKS_MAX = 200
const POSTBACK_VALUE_LENGTH_MAX = 200

/** Deals whose postbacks are shown; anybody can send some for deals of their own making. */
const DEALS_MAX = 1000

/** Requests a minute from one address: anybody may ask, and calls and deals fill the log for good. */
const WRITES_MAX = 60
const READS_MAX = 600

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
  'panel-lines.js': 'text/javascript',
  'panel-texts.js': 'text/javascript',
  'icon.svg': 'image/svg+xml',
} as const

/** The demo site at /demo/: its pages, and the routes by which its panel plays the caller, the CRM and the ad platform. */
export function registerDemo(app: App, { snippet, api, assetsFolder }: DemoOptions): void {
  for (const [path, page] of Object.entries(pages)) {
    app.get(path, { schema: { hide: true } }, async (request, reply) => sendPage(request, reply, { page, snippet }))
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
  app.register(async (scope) => {
    await scope.register(rateLimit, { global: false, timeWindow: 60_000, errorResponseBuilder: tooMany })
    registerOutsideWorld(scope as App, api)
  })
}

function tooMany(_request: unknown, { ttl }: { ttl: number }): Failure {
  const retry_after_s = Math.ceil(ttl / 1000)
  return new Failure('rate_limited', 'Too many requests from this address.', { retry_after_s })
}

/** The form is an ordinary one: it posts and the browser shows the next page. */
function registerForm(app: App, snippet: string): void {
  app.register(async (scope) => {
    scope.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: 16_384 },
      (_request, body, done) => done(null, body),
    )
    scope.post('/demo/thanks', { schema: { hide: true } }, async (request, reply) =>
      sendPage(request, reply, { page: 'thanks', snippet }),
    )
  })
}

const Call = z.object({ to: z.string().min(5).max(40), from: z.string().min(5).max(40) })
const Deal = z.object({
  phone: z.string().min(5).max(40),
  visitor: z.string().max(128).optional(),
  language: z.enum(['en', 'ru']).default('en'),
})
const History = z.object({ visitor: z.string().min(1).max(128), after: z.string().max(2000).optional() })

/** What the CRM of the demo writes. */
const dealWords = {
  en: { stage: 'Contract signed', manager: 'Anna' },
  ru: { stage: 'Договор подписан', manager: 'Анна' },
} as const

function registerOutsideWorld(app: App, api: DemoOptions['api']): void {
  const postbacks = openPostbacks()
  const writing = { rateLimit: { max: WRITES_MAX } }

  app.post('/demo/api/call', { schema: { hide: true, body: Call }, config: writing }, async ({ body }, reply) => {
    const call = { id: shortId('call'), site: demoSite, at: new Date().toISOString() }
    const talk = { direction: 'in', status: 'answered', duration: 71, talk: 64, wait: 7, provider: 'demo' }
    return passOn(reply, await api('POST', '/v1/calls', { ...call, ...talk, from: body.from, to: body.to }))
  })

  app.post('/demo/api/deal', { schema: { hide: true, body: Deal }, config: writing }, async ({ body }, reply) => {
    const id = shortId('deal')
    postbacks.expect(id)
    return passOn(reply, await api('POST', '/v1/deals', wonDeal(id, body)))
  })

  const reading = { rateLimit: { max: READS_MAX } }
  app.get(
    '/demo/api/history',
    { schema: { hide: true, querystring: History }, config: reading },
    async ({ query }, reply) => {
      const asked = new URLSearchParams({ site: demoSite, limit: '500', visitor: query.visitor })
      if (query.after !== undefined) asked.set('after', query.after)
      const found = await api('GET', `/v1/persons?${asked}`)
      reply.header('cache-control', 'no-store')
      if (found.status !== 200) return { person: null, postbacks: [] }
      const person = found.body as Person
      return { person: withoutContacts(person), postbacks: postbacks.of(person.deals.map(({ id }) => id)) }
    },
  )

  app.post('/demo/ads/postback', { schema: { hide: true }, bodyLimit: 65_536 }, async (request, reply) => {
    postbacks.receive(request.query as Record<string, unknown>)
    return reply.code(204).send()
  })
}

/** What the ad platform was told, of deals won in the panel: their ids are random, so nobody speaks of another's. */
function openPostbacks() {
  const deals = new Set<string>()
  const received: ReceivedPostback[] = []
  return {
    expect(deal: string): void {
      deals.add(deal)
      if (deals.size > DEALS_MAX) deals.delete(deals.values().next().value as string)
    },
    receive(query: Record<string, unknown>): void {
      const { deal } = query
      if (typeof deal !== 'string' || !deals.has(deal)) return
      const said = ['deal', 'amount', 'currency', 'yclid', 'campaign'].map((name) => [
        name,
        String(query[name] ?? '').slice(0, POSTBACK_VALUE_LENGTH_MAX),
      ])
      received.push({ at: new Date().toISOString(), deal, body: Object.fromEntries(said) })
      if (received.length > POSTBACKS_MAX) received.shift()
    },
    of: (ids: readonly string[]) => received.filter(({ deal }) => ids.includes(deal)),
  }
}

function wonDeal(id: string, { phone, visitor, language }: z.output<typeof Deal>): object {
  return {
    id,
    site: demoSite,
    at: new Date().toISOString(),
    status: 'won',
    ...dealWords[language],
    amount: '12400000.00',
    currency: 'RUB',
    project: 'north-shore',
    contact: { phones: [phone] },
    ...(visitor !== undefined && { visitor }),
  }
}

interface Person extends Record<string, unknown> {
  deals: { id: string }[]
  identifiers: { kind: string; value: string }[]
  timeline: ({ kind: string; form?: object } & Record<string, unknown>)[]
}

/** Whoever types another's phone into the form becomes one person with them: so the panel is told nobody's contacts. */
function withoutContacts({ identifiers, timeline, ...person }: Person): object {
  return {
    ...without(person, ['names']),
    identifiers: identifiers.map(({ kind, value }) => ({ kind, value: maskContact(kind, value) })),
    timeline: timeline.map((item) => ({
      ...without(item, ['phone', 'email', 'from', 'text', 'comment', 'recording_url']),
      ...(item.kind !== 'custom' && { name: '' }),
      ...(item.form && { form: { ...item.form, fields: {} } }),
    })),
  }
}

/** Enough to know one's own by. */
function maskContact(kind: string, value: string): string {
  if (kind === 'phone') return `+…${value.slice(-4)}`
  return kind === 'email' ? `${value.slice(0, 1)}…${value.slice(value.lastIndexOf('@'))}` : value
}

function without(value: object, names: readonly string[]): object {
  return Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)))
}

function passOn(
  reply: { code(status: number): { send(body: unknown): unknown } },
  answer: { status: number; body: unknown },
): unknown {
  return reply.code(answer.status).send(answer.body)
}

/** Short enough to be read in a history. */
function shortId(kind: string): string {
  return `${kind}-${randomUUID().slice(0, 8)}`
}

function sendPage(
  request: { query: unknown; headers: { cookie?: string | undefined; 'accept-language'?: string | undefined } },
  reply: FastifyReply,
  { page, snippet }: { page: PageName; snippet: string },
): unknown {
  const { lang } = request.query as { lang?: unknown }
  const asked = lang === 'ru' || lang === 'en' ? lang : undefined
  // Kept, so that the addresses of the pages stay as a visitor of a real site has them.
  if (asked) reply.header('set-cookie', `demo_language=${asked}; Path=/demo; SameSite=Lax`)
  const language = asked ?? languageOf(request.headers)
  return reply
    .type('text/html; charset=utf-8')
    .header('cache-control', 'no-store')
    .send(renderPage({ page, language, snippet }))
}

function languageOf(headers: { cookie?: string | undefined; 'accept-language'?: string | undefined }): Language {
  const kept = /(?:^|; )demo_language=(ru|en)(?:;|$)/.exec(headers.cookie ?? '')?.[1]
  if (kept) return kept as Language
  return /^\s*ru\b/i.test(headers['accept-language'] ?? '') ? 'ru' : 'en'
}
