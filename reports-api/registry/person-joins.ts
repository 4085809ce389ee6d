import { boundWith, type Model } from './models.ts'

/**
 * Requests of one person that share credit: the first, and the newest. They stand beside every touch of every path, and a test
 * bench may have made thousands, each with a path of its own.
 */
export const REQUESTS_MAX = 100

/** Visits and requests of one person, the newest, among which the first interest is looked for. */
const INTERESTS_MAX = 1000

interface Wanted {
  /** The columns that the rows have. */
  names: readonly string[]
  prefix: string
  requests: Model['requests']
  /** SQL of the persons whose requests are wanted; of all when it is left out. */
  persons?: string
  interest: { during: string | undefined; where: readonly string[] } | undefined
}

/** Touches, each with what their person asked for and looked at before the conversion. As they are where nothing is wanted. */
export function withPersons(rows: string, { names, prefix, requests, persons, interest }: Wanted): string {
  if (!requests && !interest) return rows
  const within = `one.1 >= conversion_at - toIntervalDay(${boundWith(prefix)('lookback_days')})`
  const made = [
    ...(requests === 'first' ? ['arrayLast(one -> one.1 <= conversion_at, requests) AS request'] : []),
    ...(requests === 'all' ? [`arrayFilter(one -> one.1 <= conversion_at AND ${within}, requests) AS contacts`] : []),
    ...(interest ? [`arrayFirst(one -> one.1 <= conversion_at AND ${within}, interests).2 AS first_project`] : []),
  ]
  return `SELECT ${[...names, 'kept', ...made].join(', ')}
          FROM (
          ${rows}
          ) AS touch
          ${requests ? requestsJoin(requests, persons) : ''}
          ${interest ? interestsJoin(interest.during) : ''}
          ${interest && interest.where.length > 0 ? `WHERE ${interest.where.join(' AND ')}` : ''}`
}

/**
 * The requests of each person, the oldest first: all, or those that the site's window calls first ones. Who made none has an
 * empty list, whose newest is of 1970, before every touch.
 */
function requestsJoin(requests: 'first' | 'all', persons?: string): string {
  const which = `person != ''${requests === 'first' ? ' AND first = 1' : ''}${persons ? ` AND person IN (${persons})` : ''}`
  const some = `if(length(every) > ${REQUESTS_MAX}, arrayPushFront(arraySlice(every, ${1 - REQUESTS_MAX}), every[1]), every)`
  return `LEFT JOIN (
            SELECT person AS asked_by, arraySort(groupArray((at, session, if(fact = 'call', id, '')))) AS every,
              ${some} AS requests
            FROM conversions FINAL
            WHERE site = {site:String} AND kind = 'lead' AND ${which}
            GROUP BY person
          ) AS asked ON touch.person = asked.asked_by`
}

/** What projects each person looked at on visits or asked about, the oldest first. */
function interestsJoin(during = '1'): string {
  return `LEFT JOIN (
            SELECT person AS seen_by, arraySlice(arraySort(groupArray((at, project))), -${INTERESTS_MAX}) AS interests
            FROM (
              SELECT person, started_at AS at, project
              FROM sessions FINAL
              WHERE site = {site:String} AND person != '' AND project != '' AND bot = 0 AND ${during}
              UNION ALL
              SELECT person, at, project
              FROM conversions FINAL
              WHERE site = {site:String} AND person != '' AND project != '' AND kind = 'lead' AND ${during}
            )
            GROUP BY person
          ) AS seen ON touch.person = seen.seen_by`
}
