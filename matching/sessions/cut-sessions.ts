import { taggedAs } from '#domain/channel.ts'
import { projectOf } from '#domain/project.ts'
import type { Fact } from '../facts/fact-rows.ts'
import type { HistoryRow } from '../history/history-tables.ts'
import { compareReceipts, compareText } from '../receipt.ts'

/** A visit ends after this much silence. */
export const SILENCE_MAX_MS = 30 * 60_000

/** Less than this on one page is a bounce. */
const BOUNCE_ENGAGED_MS = 15_000

/** What is known of a session from its events alone. */
export type SessionPiece = Omit<HistoryRow<'sessions'>, 'person' | 'session_number' | 'numbers' | 'pool'>

export interface SessionEvents {
  /** The events that count: the first received copy of each id, as they happened. */
  winners: Fact<'events'>[]
  /** Copies received later under an id that was taken. */
  losers: Fact<'events'>[]
}

/** Of several copies of one event the first received counts. */
export function firstCopies(events: readonly Fact<'events'>[]): SessionEvents {
  const byReceipt = events.toSorted(compareReceipts)
  const seen = new Set<string>()
  const losers: Fact<'events'>[] = []
  const winners = byReceipt.filter((event) => {
    if (!seen.has(event.id)) return seen.add(event.id)
    losers.push(event)
    return false
  })
  return { winners: winners.toSorted((a, b) => a.at - b.at || compareReceipts(a, b)), losers }
}

export interface CutOptions {
  /** The sender's session id; empty when sessions are cut by visitor. */
  session: string
  projects: Parameters<typeof projectOf>[1]
}

/** Makes sessions of the events of one sender's session, or of one visitor's events without any. */
export function cutSessions(winners: readonly Fact<'events'>[], { session, projects }: CutOptions): SessionPiece[] {
  // Bots that borrowed a person's session id leave no trace in it.
  const people = winners.filter((event) => event.bot === 0)
  const events = people.length > 0 ? people : winners
  const first = events.toSorted(compareReceipts)[0]
  if (!first) return []
  return cut(events).map((piece, index) =>
    describe(piece, {
      id: session === '' ? `${first.visitor}:${index + 1}` : pieceId(session, index),
      visitor: first.visitor,
      projects,
    }),
  )
}

/** The first piece keeps the sender's id, the next are `{id}.2`, `{id}.3` …. */
function pieceId(session: string, index: number): string {
  return index === 0 ? session : `${session}.${index + 1}`
}

function cut(events: readonly Fact<'events'>[]): Fact<'events'>[][] {
  const pieces: Fact<'events'>[][] = []
  const landings = openLandings()
  let piece: Fact<'events'>[] = []
  let campaign: string | undefined
  for (const event of events) {
    const last = piece.at(-1)
    const brought = event.type === 'page' ? campaignOf(event) : undefined
    // Before its first page a session has no campaign that another could differ from.
    const differs = brought !== undefined && campaign !== undefined && brought !== campaign
    const isOther = differs && !landings.isLoadedAgain(event, campaign !== '')
    if (last === undefined || event.at - last.at > SILENCE_MAX_MS || isOther) {
      piece = []
      campaign = undefined
      pieces.push(piece)
    }
    piece.push(event)
    if (event.type !== 'page' || campaign !== undefined) continue
    campaign = brought ?? ''
    if (brought !== undefined) landings.add(event)
  }
  return pieces
}

/** The addresses that campaigns brought somebody to, and with which pieces began. */
function openLandings() {
  const landed = new Map<string, number>()
  let count = 0
  return {
    add({ url }: Fact<'events'>): void {
      count += 1
      const tags = taggedAs(url)
      if (tags) landed.set(tags.text, count)
    },
    /**
     * Whether a page only repeats the tags of a landing. Pages within a site may keep them, and what they leave open is then
     * filled by another referrer than before. A click id stands for one click, whatever has happened since; tags alone may have
     * been followed a second time.
     */
    isLoadedAgain({ url }: Fact<'events'>, isBrought: boolean): boolean {
      const tags = taggedAs(url)
      const place = tags && landed.get(tags.text)
      return place !== undefined && (tags?.isClick === true || (isBrought && place === count))
    },
  }
}

/** What brought the visitor to this page; undefined when nobody did, or the site itself. */
function campaignOf(page: Fact<'events'>): string | undefined {
  if (page.channel === 'direct' || page.channel === 'internal') return undefined
  const { source, medium, campaign, content, term } = page
  const clicks = Object.entries(page.click_ids).sort(([a], [b]) => compareText(a, b))
  return JSON.stringify([source, medium, campaign, content, term, clicks])
}

function describe(
  events: readonly Fact<'events'>[],
  { id, visitor, projects }: { id: string; visitor: string; projects: CutOptions['projects'] },
): SessionPiece {
  const first = events[0] as Fact<'events'>
  const pages = events.filter((event) => event.type === 'page')
  const landing = pages[0] ?? first
  const engaged_ms = events.reduce((sum, event) => sum + event.engaged_ms, 0)
  // Written out: made of others by `...`, a row takes several times as long, and there are millions.
  return {
    site: first.site,
    id,
    visitor,
    started_at: first.at,
    ended_at: (events.at(-1) as Fact<'events'>).at,
    source: landing.source,
    medium: landing.medium,
    campaign: landing.campaign,
    content: landing.content,
    term: landing.term,
    channel: landing.channel,
    click_ids: landing.click_ids,
    landing_url: landing.url,
    landing_path: pathOf(landing.url),
    referrer: landing.referrer,
    referrer_host: landing.referrer_host,
    project: firstProject(pages.length > 0 ? pages : [landing], projects),
    device: first.device,
    browser: first.browser,
    os: first.os,
    country: first.country,
    region: first.region,
    city: first.city,
    pages: pages.length,
    events: events.length,
    forms: events.filter((event) => event.type === 'form').length,
    engaged_ms,
    scroll_percent: events.reduce((most, event) => Math.max(most, event.scroll_percent), 0),
    bounce: pages.length <= 1 && engaged_ms < BOUNCE_ENGAGED_MS ? 1 : 0,
    bot: first.bot,
    ga: events.find((event) => event.ga !== '')?.ga ?? '',
    ym: events.find((event) => event.ym !== '')?.ym ?? '',
    ga_session: events.find((event) => event.ga_session !== '')?.ga_session ?? '',
  }
}

/** Of the landing page; who came to the front page came for what was looked at first. */
function firstProject(pages: readonly Fact<'events'>[], projects: CutOptions['projects']): string {
  for (const { url } of pages) {
    const project = projectOf(url, projects)
    if (project !== '') return project
  }
  return ''
}

function pathOf(url: string): string {
  return URL.canParse(url) ? new URL(url).pathname : ''
}
