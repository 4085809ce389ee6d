import { makeYear, type Year, type YearOptions } from './make-year.ts'

export interface FillOptions extends YearOptions {
  /** The service's address, and a token with scope `ingest` on the demo site. */
  api_url: string
  token: string
  /** Called after every request with how far it is. */
  progress(done: number, total: number, what: string): void
}

const FACTS_PER_REQUEST = 500

/** Sends a made year through the public API. The same seed sent twice counts once: every fact has an id of its own. */
export async function fill(options: FillOptions): Promise<Record<keyof Year, number>> {
  const year = makeYear(options)
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
  return Object.fromEntries(kinds.map((kind) => [kind, year[kind].length])) as Record<keyof Year, number>
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
