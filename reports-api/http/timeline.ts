import { readCursor, writeCursor } from '#reports-api/registry/cursor.ts'
import type { Mask } from './mask.ts'
import type { Reader } from './reader.ts'
import { type TimelineSource, timelineSources } from './timeline-sources.ts'

export type TimelineItem = { at: string; kind: string; id: string } & Record<string, unknown>

export interface TimelineQuery {
  site: string
  person: string
  limit: number
  cursor?: string | undefined
}

type Row = Record<string, unknown> & { at: string; at_ms: string; rank: number; key: string; kind: string; id: string }

const keys = [{ type: 'Int64' }, { type: 'Int64' }, { type: 'String' }] as const

/**
 * A page of everything that happened with a person, from the oldest. Every table gives its next rows after the cursor, and
 * the first of all of them make the page: at one moment the visit comes before its pages, and a call before its deal.
 */
export async function readTimeline(
  reader: Pick<Reader, 'query'>,
  { site, person, limit, cursor }: TimelineQuery,
  mask: Mask,
): Promise<{ timeline: TimelineItem[]; cursor: string | null }> {
  const from = cursor === undefined ? ['-9000000000000000', '0', ''] : readCursor(cursor, keys)
  const params = { site, person, limit: limit + 1, after_at: from[0], after_rank: from[1], after_key: from[2] }
  const found = await Promise.all(timelineSources.map((source) => readSource(reader, source, params)))
  const rows = found.flat().sort(byMoment)
  const page = rows.slice(0, limit)
  const last = page.at(-1)?.row
  const sessions = await sessionsAround(reader, { site, person }, page)
  return {
    timeline: page.map(({ row, source }) => {
      const session = source.hasSession ? sessionOf(row, sessions) : undefined
      return {
        at: row.at,
        kind: row.kind,
        id: row.id,
        ...(source.hasSession && { session: session ?? null }),
        ...mask.free(source.shape(row, mask)),
      }
    }),
    cursor: rows.length > limit && last ? writeCursor([last.at_ms, String(last.rank), last.key]) : null,
  }
}

interface Found {
  row: Row
  source: TimelineSource
}

async function readSource(
  reader: Pick<Reader, 'query'>,
  source: TimelineSource,
  params: Record<string, unknown>,
): Promise<Found[]> {
  const rows = await reader.query<Row>(
    `SELECT at, rank, key, kind, id, ${source.columns}, toUnixTimestamp64Milli(at) AS at_ms
     FROM (${source.sql})
     WHERE (toUnixTimestamp64Milli(at), rank, key) > ({after_at:Int64}, {after_rank:Int64}, {after_key:String})
     ORDER BY at, rank, key
     LIMIT {limit:UInt32}`,
    params,
  )
  return rows.map((row) => ({ row, source }))
}

function byMoment(a: Found, b: Found): number {
  return Number(a.row.at_ms) - Number(b.row.at_ms) || a.row.rank - b.row.rank || compareText(a.row.key, b.row.key)
}

/** As ClickHouse compares: by bytes, not by letters, or a page would leave rows out. */
function compareText(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

interface SessionSpan {
  id: string
  visitor: string
  started_at: string
  ended_at: string
}

async function sessionsAround(
  reader: Pick<Reader, 'query'>,
  { site, person }: { site: string; person: string },
  page: readonly Found[],
): Promise<SessionSpan[]> {
  const moments = page.filter(({ source }) => source.hasSession).map(({ row }) => Number(row.at_ms))
  if (moments.length === 0) return []
  return reader.query<SessionSpan>(
    `SELECT id, visitor, started_at, ended_at FROM sessions FINAL
     WHERE site = {site:String} AND person = {person:String}
       AND started_at <= fromUnixTimestamp64Milli({to:Int64}) AND ended_at >= fromUnixTimestamp64Milli({from:Int64})
     ORDER BY started_at, id`,
    { site, person, from: Math.min(...moments), to: Math.max(...moments) },
  )
}

/** An event belongs to the piece of the session it was sent in that was on at that moment. */
function sessionOf(row: Row, sessions: readonly SessionSpan[]): string | undefined {
  const during = sessions.filter(({ started_at, ended_at }) => started_at <= row.at && row.at <= ended_at)
  const sent = String(row.sent_session)
  const named = during.find(({ id }) => sent !== '' && (id === sent || id.startsWith(`${sent}.`)))
  return (named ?? during.find(({ visitor }) => visitor === row.visitor))?.id
}
