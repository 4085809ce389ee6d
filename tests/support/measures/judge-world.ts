import { openProjection } from '#matching/projection.ts'
import type { Store } from '#storage/client.ts'
import { fixedSettings } from '../matching-world.ts'
import { landWorld } from '../world/land-world.ts'
import { simulate } from '../world/simulate.ts'
import type { WorldOptions } from '../world/world-options.ts'
import { type CallAnswer, type CallQuality, judgeCalls } from './judge-calls.ts'
import { type CreditReport, judgeCredit, type PathStep } from './judge-credit.ts'
import { type Identity, judgePeople, type PeopleQuality } from './judge-people.ts'
import { judgeRequests, type RequestQuality } from './judge-requests.ts'

export interface WorldQuality {
  facts: number
  persons: number
  people: PeopleQuality
  calls: CallQuality
  requests: RequestQuality
  credit: CreditReport
}

/** Has the real projection make history of a whole world, part by part as it arrives, and judges what the tables say. */
export async function judgeWorld(store: Store, options: WorldOptions): Promise<WorldQuality> {
  const { truth, documents, facts } = simulate(options)
  const settings = fixedSettings(documents)
  const projection = await openProjection({ store, settings, now: () => Date.now(), site: options.site })
  const landed = async () => {
    while (await projection.step());
  }
  const count = await landWorld(store, facts, { node: options.site, landed })
  const { site } = options
  const ask = <Row>(sql: string) => store.query<Row>(sql, { site })
  const identities = await ask<Identity>(
    'SELECT kind, value, person, shared FROM identities FINAL WHERE site = {site:String}',
  )
  const matches = await ask<CallAnswer>(
    'SELECT id, session, confidence, reason FROM call_matches FINAL WHERE site = {site:String}',
  )
  const steps = await ask<PathStep>(
    `SELECT conversion_kind AS kind, conversion, position, channel FROM touchpoints FINAL
     WHERE site = {site:String} AND position > 0`,
  )
  const leads = await ask<{ id: string; fact: string }>(
    "SELECT id, fact FROM conversions FINAL WHERE site = {site:String} AND kind = 'lead'",
  )
  return {
    facts: count,
    persons: new Set(identities.map(({ person }) => person)).size,
    people: judgePeople(truth, identities),
    calls: judgeCalls(truth.calls, matches),
    requests: judgeRequests(truth, leads),
    credit: judgeCredit(truth, steps),
  }
}
