import type { Mask } from './mask.ts'

interface SessionRow {
  id: string
  visitor: string
  person: string
  started_at: string
  ended_at: string
  session_number: number
  source: string
  medium: string
  campaign: string
  content: string
  term: string
  channel: string
  click_ids: Record<string, string>
  landing_url: string
  landing_path: string
  referrer: string
  referrer_host: string
  project: string
  device: string
  browser: string
  os: string
  country: string
  region: string
  city: string
  pages: number
  events: number
  forms: number
  engaged_ms: string
  scroll_percent: number
  bounce: number
  bot: number
  ga: string
  ym: string
  ga_session: string
  numbers: string[]
  pool: string
}

const columns = `id, visitor, person, started_at, ended_at, session_number, source, medium, campaign, content, term, channel,
  click_ids, landing_url, landing_path, referrer, referrer_host, project, device, browser, os, country, region, city,
  pages, events, forms, engaged_ms, scroll_percent, bounce, bot, ga, ym, ga_session, numbers, pool`

/** Sessions of a site that meet a condition on columns of `sessions`. */
export function sessionsSql(where: string): string {
  return `SELECT ${columns} FROM sessions FINAL WHERE site = {site:String} AND ${where}`
}

export function shapeSession(row: SessionRow, mask: Mask) {
  const { ga, ym, ga_session, ...session } = row
  return {
    ...session,
    person: row.person || null,
    landing_url: mask.text(row.landing_url),
    landing_path: mask.text(row.landing_path),
    referrer: mask.text(row.referrer),
    campaign: mask.text(row.campaign),
    term: mask.text(row.term),
    client_ids: { ...(ga && { ga }), ...(ym && { ym }), ...(ga_session && { ga_session }) },
    engaged_ms: Number(row.engaged_ms),
    bounce: row.bounce === 1,
    bot: row.bot === 1,
  }
}

export type { SessionRow }
