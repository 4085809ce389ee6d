import { explainMatch } from './explain-call.ts'
import type { Mask } from './mask.ts'

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

const columns = `id, at, \`from\`, \`to\`, direction, status, duration, talk, wait, recording_url, operator, provider, tags, pool,
  session, visitor, person, confidence, reason, candidates, source, medium, campaign, channel, clock_skew_ms, signs`

/** Calls of a site with their matches; the condition is on columns of \`call_matches\`. */
export function callsSql(where: string): string {
  return `SELECT ${columns} FROM call_matches FINAL WHERE site = {site:String} AND ${where}`
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
