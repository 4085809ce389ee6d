import type { core } from 'zod'
import type { Leases } from '#ingest/leases/leases.ts'
import { NumbersAnswer, NumbersRequest } from '#ingest/wire/numbers.ts'
import { Failure } from '#shell/failure.ts'
import type { App } from '#shell/http.ts'
import { type Body, browserBodies } from './body.ts'
import { readElements } from './elements.ts'
import { wrongHost } from './event-batch.ts'
import { invalid } from './intake.ts'
import { senderHost } from './origin.ts'
import type { SiteIndex } from './site-index.ts'

/** POST /v1/numbers: takes, renews or releases the numbers of a session. */
export function numberRoute(app: App, { sites, leases }: { sites: SiteIndex; leases: Leases }): void {
  app.post(
    '/v1/numbers',
    {
      schema: {
        tags: ['browser'],
        summary: 'Takes, renews or releases the numbers of a session.',
        consumes: ['application/json', 'text/plain'],
        body: NumbersRequest,
        response: { 200: NumbersAnswer },
      },
      // The body comes raw: see `readBodies`.
      validatorCompiler: () => (data) => ({ value: data }),
      config: { bodies: () => numberBodies },
    },
    async (request, reply) => {
      const ask = await readAsk(request.body as unknown as Body | undefined)
      const site = sites.get(ask.site)
      if (!site) throw new Failure('site_not_found', `There is no site "${ask.site}".`, { field: 'site' })
      const wrong = wrongHost(site, senderHost(request.headers))
      if (wrong) throw new Failure('domain_not_allowed', wrong.message, { field: wrong.field })
      const session = { site: ask.site, visitor: ask.visitor, session: ask.session }
      reply.header('cache-control', 'no-store')
      if (ask.release) return { numbers: [], position: (await leases.release(session)).position }
      return leases.numbersFor(session, request.ip)
    },
  )
}

/** A request is a few ids; the limits are those of all browser routes. */
const numberBodies = { json: browserBodies.json, text: browserBodies.text }

async function readAsk(body: Body | undefined): Promise<NumbersRequest> {
  for await (const [element] of readElements(body)) {
    if (!element || !('value' in element)) break
    const parsed = NumbersRequest.safeParse(element.value)
    if (parsed.success) return parsed.data
    const { field, message } = invalid(parsed.error as core.$ZodError)
    throw new Failure('bad_request', `${field} ${message}`, { field })
  }
  throw new Failure('bad_request', 'The body holds no request.', { field: 'body' })
}
