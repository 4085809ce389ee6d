import { readCursor, writeCursor } from '#reports-api/registry/cursor.ts'
import { type JudgedRow, judgedColumns, shapeJudgement } from './judgement.ts'
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
  const [sessions, judged] = await Promise.all([
    sessionsAround(reader, { site, person }, page),
    judgedAmong(reader, site, page),
  ])
  return {
    timeline: page.map(({ row, source }) => {
      const session = source.hasSession ? sessionOf(row, sessions) : undefined
      return {
        at: row.at,
        kind: row.kind,
        id: row.id,
        ...(source.hasSession && { session: session ?? null }),
        ...mask.free(source.shape(row, mask)),
        ...judgementOf(row, judged, mask),
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

interface JudgedLead extends JudgedRow {
  fact: string
  id: string
  also: string[]
  same: string
}

/** What is thought of the calls, forms and other leads of a page. */
async function judgedAmong(
  reader: Pick<Reader, 'query'>,
  site: string,
  page: readonly Found[],
): Promise<Map<string, JudgedLead>> {
  const of = (kinds: readonly string[]) => page.filter(({ row }) => kinds.includes(row.kind)).map(({ row }) => row.id)
  const [calls, leads] = [of(['call']), of(['form', 'lead'])]
  if (calls.length + leads.length === 0) return new Map()
  const rows = await reader.query<JudgedLead>(
    `SELECT fact, id, also, same, ${judgedColumns.join(', ')} FROM conversions FINAL
     WHERE site = {site:String} AND kind = 'lead' AND (
       (fact = 'call' AND id IN {calls:Array(String)})
       OR (fact = 'lead' AND (id IN {leads:Array(String)} OR hasAny(also, {leads:Array(String)})))
     )`,
    { site, calls, leads },
  )
  return new Map(rows.flatMap((row) => [row.id, ...row.also].map((id) => [`${row.fact}\n${id}`, row])))
}

/** A form that was sent twice is judged once, and says under which other ids it was told; the repeat only what it repeats. */
function judgementOf(row: Row, judged: ReadonlyMap<string, JudgedLead>, mask: Mask): object {
  if (row.kind !== 'call' && row.kind !== 'form' && row.kind !== 'lead') return {}
  const found = judged.get(`${row.kind === 'call' ? 'call' : 'lead'}\n${row.id}`)
  if (!found) return {}
  if (found.id !== row.id) return { same_as: found.id }
  return { ...shapeJudgement(found, mask), ...(found.same !== '' && { same: JSON.parse(found.same) as unknown[] }) }
}

/** An event belongs to the piece of the session it was sent in that was on at that moment. */
function sessionOf(row: Row, sessions: readonly SessionSpan[]): string | undefined {
  const during = sessions.filter(({ started_at, ended_at }) => started_at <= row.at && row.at <= ended_at)
  const sent = String(row.sent_session)
  const named = during.find(({ id }) => sent !== '' && (id === sent || id.startsWith(`${sent}.`)))
  return (named ?? during.find(({ visitor }) => visitor === row.visitor))?.id
}
