import { demoSite } from '../demo-site.ts'
import { makeYear } from './make-year.ts'
import type { Year, YearOptions } from './making.ts'
import type { FillLanguage } from './words.ts'

export interface FillOptions extends Omit<YearOptions, 'language'> {
  /** What names, stages and managers are written in; that of the system when it is left out. */
  language?: FillLanguage
  /** The service's address, and a token with the scopes `ingest` and `reports` on the demo site. */
  api_url: string
  token: string
  /** Called after every request with how far it is. */
  progress(done: number, total: number, what: string): void
}

const FACTS_PER_REQUEST = 500
const HISTORY_LOOKS_MAX = 240
const HISTORY_LOOK_MS = 500

/** Sends a made year through the public API. The same seed sent twice counts once: every fact has an id of its own. */
export async function fill(options: FillOptions): Promise<Record<keyof Year, number>> {
  const year = makeYear({ ...options, language: options.language ?? systemLanguage() })
  const kinds = ['events', 'leases', 'calls', 'deals', 'costs'] as const
  const total = kinds.reduce((sum, kind) => sum + year[kind].length, 0)
  let done = 0
  for (const kind of kinds) {
    for (let from = 0; from < year[kind].length; from += FACTS_PER_REQUEST) {
      const facts = year[kind].slice(from, from + FACTS_PER_REQUEST)
      await send(options, kind, facts)
      done += facts.length
      options.progress(done, total, kind)
    }
  }
  await historyCaughtUp(options, total)
  return Object.fromEntries(kinds.map((kind) => [kind, year[kind].length])) as Record<keyof Year, number>
}

/** Reports have the year only when matching has read it; two minutes at most, on a busy machine it may go on without us. */
async function historyCaughtUp({ api_url, token, progress }: FillOptions, total: number): Promise<void> {
  for (let looks = 0; looks < HISTORY_LOOKS_MAX; looks++) {
    const answer = await fetch(`${api_url}/v1/status?site=${demoSite}`, {
      headers: { authorization: `Bearer ${token}` },
    })
    const status = (await answer.json()) as { lag_ms?: number; log?: { bytes: number; segments_waiting: number } }
    // Without the scope for it there is nothing to wait by, and nothing is lost.
    if (!answer.ok || !status.log) return
    if (status.log.bytes === 0 && status.log.segments_waiting === 0 && status.lag_ms === 0) return
    progress(total, total, 'history')
    await new Promise((done) => setTimeout(done, HISTORY_LOOK_MS))
  }
}

function systemLanguage(): FillLanguage {
  return /^ru\b/i.test(Intl.DateTimeFormat().resolvedOptions().locale) ? 'ru' : 'en'
}

async function send({ api_url, token }: FillOptions, kind: keyof Year, facts: object[]): Promise<void> {
  for (let tries = 1; ; tries++) {
    const answer = await fetch(`${api_url}/v1/${kind}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' },
      body: facts.map((fact) => JSON.stringify(fact)).join('\n'),
    })
    const body = (await answer.json()) as { rejected_total?: number; rejected?: object[]; error?: object }
    if (answer.status === 202 && body.rejected_total === 0) return
    if ((answer.status === 503 || answer.status === 429) && tries < 60) {
      await new Promise((done) => setTimeout(done, Number(answer.headers.get('retry-after') ?? 1) * 1000))
      continue
    }
    const reason = JSON.stringify(body.error ?? body.rejected?.[0] ?? body)
    throw new Error(`The service refused ${kind} (${answer.status}): ${reason}`)
  }
}
