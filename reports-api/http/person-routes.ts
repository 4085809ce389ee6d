import { z } from 'zod'
import { Failure } from '#shell/failure.ts'
import type { App } from '#shell/http.ts'
import { PersonAnswer, WhyAnswer } from './answers.ts'
import { type Lookup, lookups, personBy, personOfId, readIdentifier } from './find-person.ts'
import { maskFor } from './mask.ts'
import { readPerson } from './person-page.ts'
import { ById, OfSite, siteFor, uncached } from './read-query.ts'
import type { ReportsDeps } from './reports-deps.ts'
import { explain } from './why.ts'

const page = {
  limit: z.coerce.number().int().min(1).max(1000).default(200).describe('Entries of the timeline'),
  cursor: z.string().max(1000).optional().describe('From the answer before, for what happened next'),
}

const value = z.string().min(1).max(300).optional()

const PersonQuery = OfSite.extend({
  ...page,
  phone: value.describe('In any spelling; a leading space is a plus'),
  email: value,
  visitor: value,
  client_id: value.describe('`ga:…` or `ym:…`'),
  user: value,
  contact: value,
  session: value,
  call: value,
  lead: value,
  deal: value,
})

/** Persons: by any identifier, by id, and why two identifiers are one person. */
export function personRoutes(app: App, { reader, settings }: ReportsDeps): void {
  const config = {
    scope: 'reports' as const,
    answer: { schema: PersonAnswer },
    failures: ['person_not_found', 'identifier_shared'] as const,
  }

  app.get(
    '/v1/persons',
    { schema: { tags: ['persons'], summary: 'A person by an identifier', querystring: PersonQuery }, config },
    async (request, reply) => {
      const { query } = request
      const site = siteFor(request, settings, query.site)
      const { by, value } = oneLookup(query)
      const id = await personBy(reader, site, readIdentifier(by, value, site.region))
      const mask = maskFor(request.access)
      return reply.headers(uncached).send(await readPerson(reader, site, id, { ...query, mask }))
    },
  )

  const WhyQuery = OfSite.extend({
    a: z.string().min(1).max(300).describe('`kind:value`, a bare value, or the id of a person'),
    b: z.string().min(1).max(300),
  })
  app.get(
    '/v1/persons/why',
    {
      schema: { tags: ['persons'], summary: 'Why two identifiers are one person', querystring: WhyQuery },
      config: { ...config, answer: { schema: WhyAnswer }, failures: ['person_not_found'] as const },
    },
    async (request, reply) => {
      const { query } = request
      const site = siteFor(request, settings, query.site)
      return reply.headers(uncached).send(await explain(reader, site, query, maskFor(request.access)))
    },
  )

  app.get(
    '/v1/persons/:id',
    {
      schema: {
        tags: ['persons'],
        summary: 'A person by id, old ids too',
        params: ById,
        querystring: OfSite.extend(page),
      },
      config,
    },
    async (request, reply) => {
      const { query } = request
      const site = siteFor(request, settings, query.site)
      const id = await personOfId(reader, site, request.params.id)
      const mask = maskFor(request.access)
      return reply.headers(uncached).send(await readPerson(reader, site, id, { ...query, mask }))
    },
  )
}

function oneLookup(query: z.output<typeof PersonQuery>): { by: Lookup; value: string } {
  const given = lookups.filter((by) => query[by] !== undefined)
  const [by, more] = given
  if (by === undefined) throw new Failure('bad_request', `One of ${lookups.join(', ')} is needed.`)
  if (more !== undefined)
    throw new Failure('bad_request', `Only one identifier can be asked by: ${given.join(', ')}.`, { field: more })
  return { by, value: query[by] as string }
}
