import { hasSite, type Share, wholeShare } from '#domain/site-share.ts'
import type { Clock } from '#shell/clock.ts'
import type { Outbound } from '#shell/outbound.ts'
import type { Store } from '#storage/client.ts'
import type { Destination } from '#storage/settings/documents.ts'
import type { Settings } from '#storage/settings/settings.ts'
import type { HistoryRow } from '../history/history-tables.ts'
import type { MatchingLog } from '../matching-log.ts'
import { bodyOf, fillAddress } from './compose.ts'
import { type PostbackFacts, readPostbackFacts } from './postback-facts.ts'
import { knownAmong, madeAt, type Postback, readPending, writePostbacks } from './postback-rows.ts'
import { signatureHeaders, webhookId } from './sign.ts'

const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS

/** How long after each unanswered try the next one is made; after the last of them the postback has failed. */
export const retryDelays_ms = [
  ...[1, 5, 30].map((seconds) => seconds * SECOND_MS),
  ...[2, 10].map((minutes) => minutes * MINUTE_MS),
  ...[1, 3, 6, 12, 24].map((hours) => hours * HOUR_MS),
]

/** A try without an answer is given up after this. */
const TRY_MAX_MS = 10 * SECOND_MS

/** Tries at once; one slow destination must not hold up the others for long. */
const IN_FLIGHT_MAX = 16

/** So many are looked up and written together: a CRM may tell of thousands of deals in one go. */
const QUEUED_AT_ONCE = 20

/** A destination that is switched off is asked about again this often. */
const DISABLED_WAIT_MS = MINUTE_MS

export interface Postbacks {
  /** Queues what the destinations are to be told of these deals. Resolves when that is stored. */
  dealsChanged(deals: readonly HistoryRow<'conversions'>[]): Promise<void>
  /** Starts the tries that are due. Resolves when those are over; nobody need wait. */
  deliverDue(): Promise<void>
  /** Drops what is still to be told of these; what is on its way is waited for. */
  forget(isForgotten: (postback: Pick<Postback, 'site' | 'deal' | 'person'>) => boolean): Promise<void>
  close(): Promise<void>
}

export interface PostbacksOptions {
  store: Store
  settings: Settings
  now: Clock
  log: MatchingLog
  outbound: Outbound
  /** The sites whose destinations are told from here. */
  share?: Share | undefined
  nextVersion(): number
}

/** Tells destinations of won deals: at least once, under one id, until answered 2xx or given up. */
export async function openPostbacks(options: PostbacksOptions): Promise<Postbacks> {
  const { store, settings, now, nextVersion, share = wholeShare } = options
  const pending = (await readPending(store)).filter(({ site }) => hasSite(share, site))
  const waiting = new Map(pending.map((postback) => [keyOf(postback), postback]))
  const inFlight = new Map<string, Promise<void>>()
  const queue = async (unsaid: readonly Postback[]) => {
    const fresh = unsaid.filter((postback) => !waiting.has(keyOf(postback)))
    const known = await knownAmong(store, fresh)
    // Composed once: a receiver that knows the id from an earlier try must not find it saying something else.
    const composed = await Promise.all(
      fresh.filter(({ webhook_id }) => !known.has(webhook_id)).map((postback) => compose(store, postback)),
    )
    // Before the first try: after a crash it is known that there is something to tell.
    await writePostbacks(store, composed, nextVersion())
    for (const postback of composed) waiting.set(keyOf(postback), postback)
  }
  // Answers not yet written down, because ClickHouse was away: they are kept, so that nothing is told twice.
  const unwritten = new Map<string, Postback>()
  const attempt = async (key: string, postback: Postback) => {
    const after = unwritten.get(key) ?? (await tryOnce(options, postback))
    unwritten.set(key, after)
    if (after.attempts !== postback.attempts || after.state !== postback.state) {
      await writePostbacks(store, [after], nextVersion())
    }
    unwritten.delete(key)
    if (after.state === 'pending') waiting.set(key, after)
    else waiting.delete(key)
  }
  return {
    async dealsChanged(deals) {
      const unsaid: Postback[] = []
      const madeAtOf = once((id: string) => madeAt(store, id))
      for (const deal of deals) {
        if (deal.status !== 'won' || deal.closed_at === null) continue
        for (const destination of destinationsOf(settings, deal.site)) {
          const made_at = await madeAtOf(destination.id)
          // Deals won before there was a destination are an import, and old news to it.
          if (made_at !== undefined && made_at <= deal.closed_at) unsaid.push(newPostback(deal, destination, now()))
        }
      }
      for (let first = 0; first < unsaid.length; first += QUEUED_AT_ONCE)
        await queue(unsaid.slice(first, first + QUEUED_AT_ONCE))
    },
    async deliverDue() {
      const due_ms = now()
      const started: Promise<void>[] = []
      for (const [key, postback] of waiting) {
        if (inFlight.size >= IN_FLIGHT_MAX) break
        if (inFlight.has(key) || (postback.next_at ?? 0) > due_ms) continue
        const turn = attempt(key, postback)
          .catch((error: unknown) => {
            options.log.warn({ err: errorName(error), destination: postback.destination }, 'postback try not recorded')
          })
          .finally(() => inFlight.delete(key))
        inFlight.set(key, turn)
        started.push(turn)
      }
      await Promise.all(started)
    },
    async forget(isForgotten) {
      for (const [key, postback] of [...waiting]) {
        if (!isForgotten(postback)) continue
        await inFlight.get(key)
        waiting.delete(key)
        unwritten.delete(key)
      }
    },
    async close() {
      await Promise.all(inFlight.values())
    },
  }
}

async function compose(store: Store, unsaid: Postback): Promise<Postback> {
  const facts = await readPostbackFacts(store, unsaid.site, unsaid.deal)
  return { ...unsaid, facts: facts ? JSON.stringify(facts) : '' }
}

/** Asks once for each id. */
function once<Answer>(ask: (id: string) => Promise<Answer>): (id: string) => Promise<Answer> {
  const asked = new Map<string, Promise<Answer>>()
  return (id) => {
    const answer = asked.get(id) ?? ask(id)
    asked.set(id, answer)
    return answer
  }
}

function destinationsOf(settings: Settings, site: string): Destination[] {
  return settings
    .list('destination')
    .map(({ document }) => document)
    .filter((destination) => destination.site === site && destination.enabled && destination.on.includes('deal_won'))
}

function newPostback(deal: HistoryRow<'conversions'>, destination: Destination, now_ms: number): Postback {
  const change = { site: deal.site, destination: destination.id, event: 'deal_won', deal: deal.id }
  return {
    ...{ ...change, webhook_id: webhookId(change), person: deal.person, state: 'pending', attempts: 0 },
    ...{ created_at: now_ms, tried_at: null, next_at: now_ms, answer_status: 0, error: '', facts: '' },
  }
}

/** One try; gives back what is to be remembered of it. */
async function tryOnce(options: PostbacksOptions, postback: Postback): Promise<Postback> {
  const { store, settings, now, log, outbound } = options
  const destination = settings.get('destination', postback.destination)?.document
  if (!destination) return { ...postback, state: 'failed', next_at: null, error: 'destination_removed' }
  if (!destination.enabled) return { ...postback, next_at: now() + DISABLED_WAIT_MS }
  const tried_at = now()
  const tried = { ...postback, attempts: postback.attempts + 1, tried_at }
  let status = 0
  let error = ''
  try {
    const facts = await factsOf(store, tried)
    if (!facts) throw new Error('deal_not_in_history')
    tried.facts = JSON.stringify(facts)
    const body = bodyOf(destination, postback.event, facts)
    const signed = { webhook_id: postback.webhook_id, now_ms: tried_at, body, secret: destination.secret }
    const answer = await outbound.send({
      method: destination.method,
      url: fillAddress(destination.url, facts),
      headers: {
        'user-agent': 'Throughline',
        ...(body !== '' && { 'content-type': 'application/json' }),
        ...signatureHeaders(signed),
      },
      ...(body !== '' && { body }),
      timeout_ms: TRY_MAX_MS,
    })
    status = answer.status
  } catch (cause) {
    error = errorName(cause)
  }
  if (status >= 200 && status < 300) return { ...tried, state: 'sent', next_at: null, answer_status: status, error: '' }
  const delay_ms = retryDelays_ms[postback.attempts]
  const { destination: id, attempts } = tried
  log.warn({ destination: id, status, err: error, attempts }, 'postback not answered with 2xx')
  if (delay_ms === undefined) return { ...tried, state: 'failed', next_at: null, answer_status: status, error }
  return { ...tried, next_at: now() + delay_ms, answer_status: status, error }
}

async function factsOf(store: Store, { site, deal, facts }: Postback): Promise<PostbackFacts | undefined> {
  if (facts === '') return readPostbackFacts(store, site, deal)
  // Written by this module alone.
  return JSON.parse(facts) as PostbackFacts
}

function keyOf({ site, destination, webhook_id }: Postback): string {
  return `${site}\n${destination}\n${webhook_id}`
}

/** Texts of errors can quote addresses: only what kind it was is kept. */
function errorName(error: unknown): string {
  const { code, name, message } = error as { code?: string; name?: string; message?: string }
  if (code !== undefined) return String(code)
  return message && /^[a-z_]+$/.test(message) ? message : (name ?? 'unknown')
}
