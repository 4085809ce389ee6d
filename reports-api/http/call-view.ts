import { explainMatch } from './explain-call.ts'
import { type JudgedRow, judgedColumns, shapeJudgement } from './judgement.ts'
import type { Mask } from './mask.ts'
import { sessionTagsSql, tagsOf } from './session-tags.ts'

export interface CallRow {
  id: string
  at: string
  from: string
  to: string
  direction: string
  status: string
  duration: number
  talk: number
  wait: number
  recording_url: string
  operator: string
  provider: string
  tags: string[]
  pool: string
  session: string
  visitor: string
  person: string
  confidence: number
  reason: string
  candidates: string
  source: string
  medium: string
  campaign: string
  channel: string
  clock_skew_ms: number
  signs: string[]
}

const kept = [
  ...[
    'id',
    'at',
    'from',
    'to',
    'direction',
    'status',
    'duration',
    'talk',
    'wait',
    'recording_url',
    'operator',
    'provider',
  ],
  ...['tags', 'pool', 'session', 'visitor', 'person', 'confidence', 'reason', 'candidates', 'clock_skew_ms', 'signs'],
]

/**
 * Calls of a site with their matches, and what is thought of those that are leads; the condition is on `id` and `at`.
 * Where a call came from is what its static number stands for, else what its session came from.
 */
export function callsSql(where: string): string {
  const judged = judgedColumns.map((column) => `j.${column} AS ${column}`).join(', ')
  const matches = `FROM call_matches FINAL WHERE site = {site:String} AND ${where}`
  return `SELECT ${kept.map((column) => `m.\`${column}\` AS \`${column}\``).join(', ')}, ${judged}, j.lead AS lead,
    ${tagsOf([
      ['m', "m.source != ''"],
      ['s', 'true'],
    ])}
    FROM (SELECT site, ${kept.map((column) => `\`${column}\``).join(', ')}, source, medium, campaign, channel ${matches}) AS m
    LEFT JOIN (${sessionTagsSql(`SELECT session ${matches}`)}) AS s ON s.id = m.session
    LEFT JOIN (
      SELECT id AS lead, ${judgedColumns.join(', ')}
      FROM conversions FINAL
      WHERE site = {site:String} AND kind = 'lead' AND fact = 'call' AND ${where}
    ) AS j ON j.lead = m.id`
}

export interface JudgedCallRow extends CallRow, JudgedRow {
  /** Empty for a call of the company's own, which is no lead. */
  lead: string
}

export function shapeJudgedCall(row: JudgedCallRow, mask: Mask) {
  return { ...shapeCall(row, mask), ...(row.lead !== '' && shapeJudgement(row, mask)) }
}

/** A call as callers see it: what the provider said, and which session it was given to and why. */
export function shapeCall(row: CallRow, mask: Mask) {
  const isOutgoing = row.direction === 'out'
  return {
    id: row.id,
    at: row.at,
    from: row.from === '' ? null : isOutgoing ? row.from : mask.phone(row.from),
    to: isOutgoing ? mask.phone(row.to) : row.to,
    direction: row.direction,
    status: row.status,
    duration: row.duration,
    talk: row.talk,
    wait: row.wait,
    recording_url: mask.recording(row.recording_url),
    operator: row.operator,
    provider: row.provider,
    tags: row.tags,
    pool: row.pool,
    source: row.source,
    medium: row.medium,
    campaign: row.campaign,
    channel: row.channel,
    match: {
      session: row.session || null,
      visitor: row.visitor || null,
      person: row.person || null,
      confidence: row.confidence,
      reason: row.reason,
      explanation: explainMatch(row),
      signs: row.signs,
      clock_skew_ms: row.clock_skew_ms,
      candidates: row.candidates === '' ? [] : (JSON.parse(row.candidates) as unknown[]),
    },
  }
}
