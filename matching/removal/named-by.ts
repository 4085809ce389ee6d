import type { Store } from '#storage/client.ts'
import type { Deletion } from './delete-rows.ts'
import { distinct, type PlanRow, planRow } from './plan.ts'

/** All that the facts to be deleted name, for a plan: what the history says of it must be told again by the others. */
export async function namedBy(
  store: Store,
  deletions: readonly Deletion[],
  role: 'member' | 'again',
): Promise<PlanRow[]> {
  const rows: PlanRow[] = []
  for (const { table, where, params } of deletions) {
    for (const shard of store.shards) {
      const ask = <Row>(columns: string) =>
        shard.query<Row>(`SELECT DISTINCT ${columns} FROM ${table} WHERE ${where}`, params)
      if (table === 'events' || table === 'leases') {
        for (const { visitor, session } of await ask<{ visitor: string; session: string }>('visitor, session')) {
          if (visitor !== '') rows.push(planRow(role, 'visitor', visitor))
          if (session !== '') rows.push(planRow(role, 'session', session))
          rows.push(planRow('visit', 'session', session, visitor))
        }
        if (table === 'leases') continue
        for (const { form } of await ask<{ form: string }>("if(type = 'form', id, '') AS form")) {
          if (form !== '') rows.push(planRow(role, 'lead', form))
        }
      } else if (table === 'annotations') {
        for (const { kind, id } of await ask<{ kind: string; id: string }>('toString(on_kind) AS kind, on_id AS id')) {
          if (kind === 'call' || kind === 'lead') rows.push(planRow('again', kind, id))
        }
      } else if (table === 'calls' || table === 'leads' || table === 'deals') {
        for (const { id } of await ask<{ id: string }>('id')) rows.push(planRow(role, table.slice(0, -1), id))
      }
    }
  }
  return distinct(rows)
}
