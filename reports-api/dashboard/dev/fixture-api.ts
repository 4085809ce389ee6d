import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Plugin } from 'vite'
import { matrixOf, person, reportRows, rowsBehind, sharedPhone, sites } from './fixture-data.ts'

/**
 * Plays the API for looking at pages without a service: made-up people, four tokens. Never part of a build.
 * tl_admin: everything · tl_reader: may not list sites · tl_weak: no reports · tl_away: the database is away.
 */
export function fixtureApi(): Plugin {
  return {
    name: 'fixture-api',
    apply: 'serve',
    configureServer(server) {
      server.middlewares.use('/v1', (request, response) => void answer(request, response))
    },
  }
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://fixture')
  const token = request.headers.authorization?.replace('Bearer ', '')
  const fail = (status: number, code: string, message: string, details = {}) =>
    send(response, status, { error: { code, message, ...details } })
  if (!['tl_admin', 'tl_reader', 'tl_weak', 'tl_away'].includes(token ?? '')) {
    return fail(401, 'unauthorized', 'This token is not valid.')
  }
  if (token === 'tl_weak') return fail(403, 'forbidden', 'This token lacks the scope "reports".')
  if (url.pathname === '/reports/registry') return send(response, 200, await registry())
  if (url.pathname === '/sites') {
    return token === 'tl_reader'
      ? fail(403, 'forbidden', 'This token lacks the scope "admin".')
      : send(response, 200, { sites })
  }
  if (token === 'tl_away') return fail(503, 'store_away', 'ClickHouse is away.')
  if (url.pathname === '/reports/query') return send(response, 200, reportRows(await readBody(request)))
  if (url.pathname === '/reports/matrix') return send(response, 200, matrixOf(await readBody(request)))
  if (url.pathname === '/reports/rows') return send(response, 200, rowsBehind(await readBody(request)))
  if (url.pathname === '/persons' && url.searchParams.get('phone') === '+74950000000') {
    return fail(409, 'identifier_shared', 'Shared.', { candidates: sharedPhone })
  }
  if (url.pathname.startsWith('/persons/p') || [...url.searchParams.values()].includes('+79161234567')) {
    const found = person(url.searchParams.get('cursor'))
    if (url.pathname === '/persons' || url.pathname === `/persons/${found.id}`) return send(response, 200, found)
  }
  fail(404, 'person_not_found', 'Nobody.')
}

/** The real registry: what it describes is what the pages have to cope with. */
async function registry(): Promise<unknown> {
  const { describeRegistry } = await import('../../registry/describe-registry.ts')
  return describeRegistry()
}

async function readBody(request: IncomingMessage): Promise<never> {
  let text = ''
  for await (const chunk of request) text += chunk
  // The fixture trusts the pages; a wrong question shows as a broken page.
  return JSON.parse(text) as never
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body))
}
