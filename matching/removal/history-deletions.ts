import type { Store } from '#storage/client.ts'
import { type HistoryTable, historyTableNames } from '../history/history-tables.ts'
import type { Deletion } from './delete-rows.ts'
import { type PlanRow, planned, planRow } from './plan.ts'

/** Every version of the rows under the keys of a plan, those taken back included: all of them are written anew or gone. */
export function historyDeletions(site: string, job: string): Deletion[] {
  const params = { site, job }
  return historyTableNames.map((table) => ({ table, where: `site = {site:String} AND (${conditions[table]})`, params }))
}

/** What was told to destinations of the deals and persons of a plan. */
export function postbackDeletion(site: string, job: string): Deletion {
  return {
    table: 'postbacks',
    where: `site = {site:String} AND (deal IN ${planned(['member'], 'deal')} OR person IN ${planned(['person'])})`,
    params: { site, job },
  }
}

const pair = 'toString(kind), value'
const both = planned(['member', 'again'], undefined, pair)
const members = planned(['member'], undefined, pair)

const conditions: Record<HistoryTable, string> = {
  identities: `(kind, value) IN ${both}`,
  edges: `(a_kind, a_value) IN ${members} OR (b_kind, b_value) IN ${members}`,
  sessions: `id IN ${planned(['row'])}`,
  call_matches: `id IN ${planned(['member', 'again'], 'call')}`,
  call_clocks: `id IN ${planned(['member', 'again'], 'call')}`,
  // Nobody's: measured anew over the calls that are left.
  provider_clocks: 'false',
  conversions: `(fact, id) IN ${both}`,
  touchpoints: `(conversion_fact, conversion) IN ${both}`,
}

const visitors = planned(['member'], 'visitor')
const persons = planned(['person'])
const personList = planned(['person'], undefined, 'groupArray(value)')
const rows = planned(['row'])

/** Rows under other keys that name somebody of the plan, in any version: their keys join the plan. */
const mentions = [
  {
    table: 'identities',
    kind: 'kind',
    value: 'value',
    where: `person IN ${persons} OR hasAny(candidates, ${personList})
      OR (because_kind, because_value) IN ${members}`,
  },
  {
    table: 'sessions',
    kind: "'session'",
    value: 'id',
    where: `visitor IN ${visitors} OR person IN ${persons}`,
  },
  {
    table: 'call_matches',
    kind: "'call'",
    value: 'id',
    where: `visitor IN ${visitors} OR session IN ${rows} OR person IN ${persons} OR \`from\` IN ${planned(['member'], 'phone')}
      OR hasAny(arrayMap(one -> JSONExtractString(one, 'visitor'), JSONExtractArrayRaw(candidates)),
        ${planned(['member'], 'visitor', 'groupArray(value)')})
      OR hasAny(arrayMap(one -> JSONExtractString(one, 'session'), JSONExtractArrayRaw(candidates)),
        ${planned(['row'], undefined, 'groupArray(value)')})`,
  },
  {
    table: 'conversions',
    kind: 'fact',
    value: 'id',
    where: `visitor IN ${visitors} OR session IN ${rows} OR person IN ${persons}`,
  },
  {
    table: 'touchpoints',
    kind: 'conversion_fact',
    value: 'conversion',
    where: `session IN ${rows} OR call IN ${planned(['member'], 'call')} OR person IN ${persons}`,
  },
] as const

export async function findMentions(store: Store, site: string, job: string): Promise<PlanRow[]> {
  const found: PlanRow[] = []
  for (const shard of store.shards) {
    for (const { table, kind, value, where } of mentions) {
      const some = await shard.query<{ found_kind: string; found_value: string }>(
        // Replaced rows hold values as well, so this one read needs no FINAL.
        `SELECT DISTINCT toString(${kind}) AS found_kind, ${value} AS found_value FROM ${table}
         WHERE site = {site:String} AND (${where})`,
        { site, job },
      )
      for (const row of some) {
        found.push(planRow('again', row.found_kind, row.found_value))
        if (table === 'sessions') found.push(planRow('row', 'session_row', row.found_value))
      }
    }
  }
  return found
}
