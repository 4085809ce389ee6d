import type { Store } from '#storage/client.ts'
import type { Settings } from '#storage/settings/settings.ts'
import type { Graph } from '../identity/graph.ts'
import { type SiteRules, siteRules } from '../site-rules.ts'

/** By what a site tells target calls and first requests from the others. */
export type Judging = Pick<SiteRules, 'target_call_seconds' | 'repeat_lead_days'>

/** A lead or call that the history judges by other settings than those of today. */
interface JudgedOtherwise {
  site: string
  kind: 'lead' | 'call'
  value: string
}

/** A site, and the settings by which all its requests are known to be judged; undefined when that is to be looked up. */
interface JudgedSite {
  graph: Pick<Graph, 'site'>
  judging: Judging | undefined
}

/**
 * What of the history is to be looked at again because its site has changed what it calls a target call or a first request,
 * now or since the last run. Asks once for each change.
 */
export async function judgedOtherwise(
  { store, settings, table }: { store: Pick<Store, 'query'>; settings: Settings; table: string },
  states: Iterable<JudgedSite>,
): Promise<JudgedOtherwise[]> {
  const changed = new Map<string, Judging>()
  const asked: (() => void)[] = []
  for (const state of states) {
    const { target_call_seconds, repeat_lead_days } = siteRules(settings, state.graph.site)
    const { judging } = state
    if (judging?.target_call_seconds === target_call_seconds && judging.repeat_lead_days === repeat_lead_days) continue
    const now = { target_call_seconds, repeat_lead_days }
    changed.set(state.graph.site, now)
    asked.push(() => {
      state.judging = now
    })
  }
  const rows = changed.size === 0 ? [] : await readJudgedOtherwise(store, table, changed)
  for (const isAsked of asked) isAsked()
  return rows
}

/**
 * The requests whose rows say «target» or «first» otherwise than these settings make of them. The rows hold all that decides
 * it, so that no fact is read, and a change of settings costs as many persons as it makes a difference to.
 */
async function readJudgedOtherwise(
  store: Pick<Store, 'query'>,
  table: string,
  sites: ReadonlyMap<string, Judging>,
): Promise<JudgedOtherwise[]> {
  const judging = [...sites.values()]
  return store.query<JudgedOtherwise>(
    `SELECT site, fact AS kind, id AS value
     FROM (
       SELECT toString(t.site) AS site, toString(t.fact) AS fact, t.id AS id, t.target_auto AS target_auto, t.first AS first,
         toUnixTimestamp64Milli(t.at) AS at_ms,
         fact = 'call' AND t.status = 'answered'
           AND t.talk >= transform(site, {sites:Array(String)}, {seconds:Array(UInt32)}, toUInt32(0)) AS is_target,
         transform(site, {sites:Array(String)}, {days:Array(UInt32)}, toUInt32(0)) AS days,
         lagInFrame(toNullable(at_ms)) OVER (
           PARTITION BY site, t.person ORDER BY at_ms, fact, id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
         ) AS before_ms
       FROM ${table} AS t FINAL
       WHERE t.kind = 'lead' AND t.site IN {sites:Array(String)}
     )
     WHERE target_auto != is_target OR first != (isNull(before_ms) OR at_ms - before_ms > days * 86400000)`,
    {
      sites: [...sites.keys()],
      seconds: judging.map(({ target_call_seconds }) => target_call_seconds),
      days: judging.map(({ repeat_lead_days }) => repeat_lead_days),
    },
  )
}
