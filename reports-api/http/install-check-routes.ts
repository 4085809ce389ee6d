import { z } from 'zod'
import { Failure } from '#shell/failure.ts'
import type { App } from '#shell/http.ts'
import type { Settings } from '#storage/settings/settings.ts'
import { type CheckDeps, checkInstall } from '../install/check-install.ts'
import { findingLevels } from '../install/judge-install.ts'
import { isOfSite } from '../install/of-site.ts'
import { siteFor, siteName, uncached } from './read-query.ts'

const Check = z.object({
  site: siteName,
  url: z
    .string()
    .max(2_000)
    .refine((text) => URL.canParse(text) && /^https?:/i.test(text), 'must be an http(s) address')
    .describe('A page of one of the domains of the site'),
})

const text = z.string()

const CheckAnswer = z
  .object({
    url: text.describe('Where the page was in the end, after redirects'),
    status: z.number().int().nullable().describe('Null when there was no answer'),
    findings: z
      .array(
        z.object({
          code: z.enum(Object.keys(findingLevels) as (keyof typeof findingLevels)[]),
          level: z.enum(['good', 'warn', 'bad']),
          values: z.record(text, text).describe('What the finding is about: an address, a directive, phones'),
        }),
      )
      .describe('In the order in which somebody would look'),
    tags: z.array(
      z.object({
        address: text,
        site: text.nullable().describe('The key in the address; null when it has a name of its own'),
        place: z.enum(['head', 'body']),
        is_async: z.boolean(),
        is_delayed: z.boolean().describe('Something else on the page decides when it runs'),
        is_own_domain: z.boolean(),
      }),
    ),
    phones: z.array(
      z.object({
        phone: text,
        written: text.describe('As the page writes it'),
        in_text: z.boolean(),
        in_link: z.boolean(),
        pool: text.nullable().describe('The pool whose numbers take its place'),
        is_tracked: z.boolean().describe('It is itself a number of a pool'),
      }),
    ),
  })
  .meta({ id: 'InstallCheck' })

/** Each holds a page of two megabytes, and reading one takes a good part of a second. */
const CHECKS_AT_ONCE_MAX = 4

export interface InstallCheckOptions extends CheckDeps {
  settings: Settings
}

/** POST /v1/install-checks: looks at a page of the site, and says what is right and wrong with the tag on it. */
export function installCheckRoutes(app: App, { settings, ...deps }: InstallCheckOptions): void {
  let running = 0
  const schema = { tags: ['operation'], summary: 'Whether the tag is well on a page of the site', body: Check }
  const config = {
    scope: 'admin' as const,
    answer: { schema: CheckAnswer },
    failures: ['site_not_found', 'domain_not_allowed', 'rate_limited'] as const,
  }
  app.post('/v1/install-checks', { schema, config, bodyLimit: 8_192 }, async (request, reply) => {
    const site = siteFor(request, settings, request.body.site)
    const url = new URL(request.body.url)
    if (!isOfSite(url, site)) {
      throw new Failure('domain_not_allowed', `${url.hostname} is no domain of the site "${site.id}".`, {
        field: 'url',
      })
    }
    if (running >= CHECKS_AT_ONCE_MAX)
      throw new Failure('rate_limited', 'Other pages are being checked right now.', { retry_after_s: 5 })
    const pools = settings
      .list('pool')
      .map(({ document }) => document)
      .filter((pool) => pool.site === site.id)
    running += 1
    try {
      const { tags, ...found } = await checkInstall({ site, pools, url: url.href }, deps)
      return reply.headers(uncached).send({ ...found, tags: tags.map(({ nonce: _, ...tag }) => tag) })
    } finally {
      running -= 1
    }
  })
}
