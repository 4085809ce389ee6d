import type { Store } from '#storage/client.ts'

/** One change told, or to be told, to one destination. */
export interface Postback {
  site: string
  destination: string
  webhook_id: string
  event: string
  deal: string
  person: string
  state: 'pending' | 'sent' | 'failed'
  attempts: number
  created_at: number
  tried_at: number | null
  next_at: number | null
  answer_status: number
  error: string
  /** What the destination is told, as JSON: the same on every try. Empty in rows queued by an older version. */
  facts: string
}

const columns = `site, destination, webhook_id, event, deal, person, state, attempts, answer_status, error, facts,
  toFloat64(toUnixTimestamp64Milli(t.created_at)) AS created_at, toFloat64(toUnixTimestamp64Milli(t.tried_at)) AS tried_at,
  toFloat64(toUnixTimestamp64Milli(t.next_at)) AS next_at`

/** What was not yet answered when the last run ended. */
export function readPending(store: Store): Promise<Postback[]> {
  return store.query<Postback>(
    `SELECT ${columns} FROM postbacks AS t FINAL WHERE t.state = 'pending' ORDER BY t.created_at`,
  )
}

/** The ids of those that were queued before for the same destination, whatever became of them. */
export async function knownAmong(store: Store, postbacks: readonly Postback[]): Promise<Set<string>> {
  if (postbacks.length === 0) return new Set()
  const of = (name: 'site' | 'destination' | 'webhook_id') => [...new Set(postbacks.map((postback) => postback[name]))]
  // An id is made of site, destination, event and deal.
  const rows = await store.query<{ webhook_id: string }>(
    `SELECT webhook_id FROM postbacks FINAL
     WHERE site IN {sites:Array(String)} AND destination IN {destinations:Array(String)} AND webhook_id IN {ids:Array(String)}`,
    { sites: of('site'), destinations: of('destination'), ids: of('webhook_id') },
  )
  return new Set(rows.map(({ webhook_id }) => webhook_id))
}

export async function writePostbacks(store: Store, postbacks: readonly Postback[], version: number): Promise<void> {
  if (postbacks.length === 0) return
  await store.insert(
    'postbacks',
    postbacks.map((postback) => ({ ...postback, version, is_deleted: 0 })),
  )
}

/** When a destination was made: its first version, or the first after it was last removed. */
export async function madeAt(store: Store, destination: string): Promise<number | undefined> {
  const [row] = await store.query<{ versions: number; made_at: number }>(
    `SELECT toFloat64(count()) AS versions, toFloat64(toUnixTimestamp64Milli(min(changed_at))) AS made_at FROM settings
     WHERE kind = 'destination' AND id = {destination:String} AND version > (
       SELECT max(version) FROM settings WHERE kind = 'destination' AND id = {destination:String} AND is_deleted = 1)`,
    { destination },
  )
  return row && row.versions > 0 ? row.made_at : undefined
}
