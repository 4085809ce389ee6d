import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { z } from 'zod'
import { buildAids, buildTracker } from '#cdn/build.ts'
import { featuresOf, keyOf } from '#cdn/features.ts'
import type { PublicSettings } from '#cdn/public-settings.ts'
import { renderScript } from '#cdn/render-script.ts'
import { spellingsOf } from '#cdn/spellings.ts'
import { senderHost } from '#ingest/http/origin.ts'
import { visitorCookie } from '#ingest/http/visitor-cookie.ts'
import { EventBatch } from '#ingest/wire/event.ts'
import { NumbersRequest } from '#ingest/wire/numbers.ts'

export type Received = z.output<typeof EventBatch>['events'][number] & {
  visitor: string
  session: string
  client_ids: Record<string, unknown>
  lease: boolean
  origin: string
}

/** Everything around the tracker: a customer's site, and on another origin the routes of API.md «Browser routes». */
export interface Outside {
  site: string
  endpoint: string
  snippet: string
  settings: PublicSettings
  /** Numbers that the service leases; empty is an exhausted pool. */
  numbers: { pool: string; replaces: string[]; number: string; expires_at: string }[]
  /** `down` breaks the connection off, `busy` answers 503, `hangs` never answers. */
  mood: 'up' | 'down' | 'busy' | 'hangs'
  /** Events that were accepted, each id once, in order of arrival. */
  events: Received[]
  /** Every request to the service: «POST /v1/events», «OPTIONS …» would be a preflight. */
  requests: string[]
  /** What those requests held, letter by letter. */
  bodies: string[]
  /** Bodies that API.md would not accept. */
  refused: string[]
  /** Ids of events that arrived again. */
  repeats: string[]
  /** `Set-Cookie` headers of answers. */
  cookies: string[]
  /** Bodies of forms that the site itself received. */
  posted: string[]
  put(path: string, html: string, headers?: Record<string, string>): void
  waitFor(what: string, found: () => boolean): Promise<void>
  /** The first event that fits, now or when it comes. */
  event(type: string, fits?: (event: Received) => boolean): Promise<Received>
  reset(): void
  close(): Promise<void>
}

export const NUMBER = { pool: 'ads', replaces: ['+74950000000'], number: '+74951234567', expires_at: inAnHour() }

const WAIT_MS = 15_000
const aids = buildAids()
const builds = new Map<string, Promise<string>>()

/** As the service chooses it for these settings. */
function trackerFor(settings: PublicSettings): Promise<string> {
  const features = featuresOf(settings)
  const key = keyOf(features)
  const built = builds.get(key) ?? buildTracker(features)
  builds.set(key, built)
  return built
}

export async function openOutside(): Promise<Outside> {
  const pages = new Map<string, { html: string; headers: Record<string, string> }>()
  const watchers = new Set<() => void>()
  const [siteServer, endpointServer] = [createServer(serveSite), createServer(serveEndpoint)]
  const [sitePort, endpointPort] = [await listen(siteServer), await listen(endpointServer)]
  const endpoint = `http://stats.test:${endpointPort}`

  const snippet = `<script async src="${endpoint}/t/shop.js"></script>`

  const outside: Outside = {
    site: `http://www.shop.test:${sitePort}`,
    endpoint,
    snippet,
    ...fresh(),
    put: (path, html, headers = {}) => void pages.set(path, { html, headers }),
    async waitFor(what, found) {
      const signal = AbortSignal.timeout(WAIT_MS)
      while (!found()) {
        await new Promise<void>((resolve, reject) => {
          watchers.add(resolve)
          signal.onabort = () => reject(new Error(`Waited in vain for ${what}.`))
        })
      }
    },
    async event(type, fits = () => true) {
      const find = () => outside.events.find((event) => event.type === type && fits(event))
      await outside.waitFor(`the event «${type}»`, () => find() !== undefined)
      return find() as Received
    },
    reset() {
      pages.clear()
      outside.snippet = snippet
      Object.assign(outside, fresh())
    },
    async close() {
      for (const server of [siteServer, endpointServer]) {
        server.closeAllConnections()
        await new Promise((resolve) => server.close(resolve))
      }
    },
  }
  return outside

  function changed(): void {
    const waiting = [...watchers]
    watchers.clear()
    for (const resolve of waiting) resolve()
  }

  async function serveSite(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', 'http://site')
    if (request.method === 'POST') {
      outside.posted.push(await readBody(request))
      changed()
    }
    const page = pages.get(pathname)
    response.writeHead(page ? 200 : 404, { 'content-type': 'text/html; charset=utf-8', ...page?.headers })
    response.end(page?.html ?? '')
  }

  async function serveEndpoint(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', 'http://endpoint')
    const name = pathname.slice(pathname.lastIndexOf('/t/'))
    if (name === '/t/shop.js' || name === '/t/shop.aids.js') {
      response.writeHead(200, {
        'content-type': 'text/javascript; charset=utf-8',
        'access-control-allow-origin': '*',
      })
      const script = name === '/t/shop.js' ? trackerFor(outside.settings) : aids
      response.end(renderScript(await script, outside.settings))
      return
    }
    const body = await readBody(request)
    outside.requests.push(`${request.method} ${pathname}`)
    outside.bodies.push(body)
    answer(request, response, pathname, body)
    changed()
  }

  function answer(request: IncomingMessage, response: ServerResponse, path: string, body: string): void {
    if (outside.mood === 'down') request.socket.destroy()
    if (outside.mood === 'down' || outside.mood === 'hangs') return
    const [status, content] = reply(request, path, body)
    const cookie = status === 202 && cookieFor(request, body)
    if (cookie) outside.cookies.push(cookie)
    response.writeHead(status, {
      ...(cookie && { 'set-cookie': cookie }),
      'access-control-allow-origin': request.headers.origin ?? '',
      'access-control-allow-credentials': 'true',
      'content-type': 'application/json',
      vary: 'Origin',
    })
    response.end(JSON.stringify(content))
  }

  function reply({ method, headers }: IncomingMessage, path: string, body: string): [status: number, content: object] {
    if (outside.mood === 'busy') return [503, { error: { code: 'log_full' } }]
    const isReadable = /^(text\/plain|application\/json)/.test(headers['content-type'] ?? '')
    if (method !== 'POST' || !isReadable) return refuse(`${method} ${path} ${headers['content-type']}`)
    if (path.endsWith('/v1/numbers')) {
      const asked = NumbersRequest.safeParse(JSON.parse(body))
      return asked.success ? [200, { numbers: outside.numbers, position: 'p' }] : refuse(body)
    }
    const batch = EventBatch.safeParse(JSON.parse(body))
    if (!path.endsWith('/v1/events') || !batch.success) return refuse(`${path} ${body} ${batch.error}`)
    take(batch.data, headers.origin ?? '')
    const receipt = { accepted: batch.data.events.length, rejected_total: 0, rejected: [], position: 'p' }
    return [202, { ...receipt, ...(batch.data.lease && { numbers: outside.numbers }) }]
  }

  function cookieFor({ headers }: IncomingMessage, body: string): string | undefined {
    return visitorCookie(JSON.parse(body), outside.settings, { host: senderHost(headers), headers })
  }

  function refuse(what: string): [status: number, content: object] {
    outside.refused.push(what)
    return [400, { error: { code: 'bad_request' } }]
  }

  function take({ events, visitor, session, client_ids, lease }: z.output<typeof EventBatch>, origin: string): void {
    for (const event of events) {
      if (outside.events.some(({ id }) => id === event.id)) outside.repeats.push(event.id)
      else
        outside.events.push({
          ...event,
          visitor,
          session: session ?? '',
          client_ids: client_ids ?? {},
          lease: !!lease,
          origin,
        })
    }
  }
}

function fresh(): Pick<
  Outside,
  'settings' | 'numbers' | 'mood' | 'events' | 'requests' | 'refused' | 'repeats' | 'cookies' | 'posted' | 'bodies'
> {
  return {
    settings: {
      site: 'shop',
      consent: 'not_needed',
      replaces: spellingsOf(NUMBER.replaces),
      attributes: ['href', 'title', 'aria-label'],
    },
    numbers: [NUMBER],
    mood: 'up',
    events: [],
    requests: [],
    bodies: [],
    refused: [],
    repeats: [],
    cookies: [],
    posted: [],
  }
}

function inAnHour(): string {
  return new Date(Date.now() + 3_600_000).toISOString()
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

async function readBody(request: IncomingMessage): Promise<string> {
  let body = ''
  for await (const chunk of request.setEncoding('utf8')) body += chunk
  return body
}
