import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { Failure } from '#shell/failure.ts'
import type { Params } from '#storage/client.ts'
import type { Site } from '#storage/settings/documents.ts'
import type { Settings } from '#storage/settings/settings.ts'

export const siteName = z.string().min(1).max(64).describe('The id of the site')

/** Taken by every read: wait until history includes the write that answered with this position. */
export const after = z
  .string()
  .max(600)
  .optional()
  .describe('The position a write answered with; waits up to 30 s for it')

export const OfSite = z.object({ site: siteName, after })

/** The path of one thing. Ids of other systems are let through as they are: they only ever become bound values. */
export const ById = z.object({ id: z.string().min(1).max(300) })

/** Never kept by a cache in between: it changes with every fact, and it is about people. */
export const uncached = { 'cache-control': 'no-store' } as const

/** The site a request is about; a Failure when there is none, or when the token may not touch it. */
export function siteFor(request: FastifyRequest, settings: Settings, site: string): Site {
  if (!request.access?.reaches(site)) throw new Failure('forbidden', `This token may not touch the site "${site}".`)
  const found = settings.get('site', site)
  if (!found) throw new Failure('site_not_found', `There is no site "${site}".`, { field: 'site' })
  return found.document
}

const moment = z
  .string()
  .max(40)
  .refine((text) => readMoment(text) !== undefined, 'must be a date, ISO 8601 with an offset, or epoch milliseconds')

export const Period = z.object({
  site: siteName,
  after,
  from: moment.optional().describe('First day in the time zone of the site, or a moment'),
  to: moment.optional().describe('Last day, inclusive; or the moment before which'),
})

/** A condition on a column for the days, or moments, that were asked for. */
export function periodSql(
  column: string,
  { from, to }: { from?: string | undefined; to?: string | undefined },
  timezone: string,
): { sql: string; params: Params } {
  const bounds = [
    from === undefined ? '' : `${column} >= ${boundSql('from', readMoment(from) as Moment, '')}`,
    to === undefined ? '' : `${column} < ${boundSql('to', readMoment(to) as Moment, ' + 1')}`,
  ].filter(Boolean)
  return {
    sql: bounds.length > 0 ? bounds.join(' AND ') : '1',
    params: {
      timezone,
      ...(from !== undefined && { from: (readMoment(from) as Moment).value }),
      ...(to !== undefined && { to: (readMoment(to) as Moment).value }),
    },
  }
}

interface Moment {
  value: string | number
  isDay: boolean
}

function boundSql(name: string, { isDay }: Moment, more: string): string {
  return isDay
    ? `toDateTime64({${name}:Date}${more}, 3, {timezone:String})`
    : `fromUnixTimestamp64Milli({${name}:Int64})`
}

function readMoment(text: string): Moment | undefined {
  if (/^\d{4}-\d\d-\d\d$/.test(text))
    return z.iso.date().safeParse(text).success ? { value: text, isDay: true } : undefined
  if (/^\d{11,14}$/.test(text)) return { value: Number(text), isDay: false }
  // In a query string the plus of an offset arrives as a space.
  const instant = text.replace(' ', '+')
  const isInstant = z.iso.datetime({ offset: true }).safeParse(instant).success
  return isInstant ? { value: Date.parse(instant), isDay: false } : undefined
}
