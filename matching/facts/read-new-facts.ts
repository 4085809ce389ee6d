import type { Params, Store } from '#storage/client.ts'
import type { FactTable } from '#storage/fact-tables.ts'
import { nothingTouched, type Touched, touchLease, touchSession, widen } from './touched.ts'

/** Segments of one log and table that are read together; or a part of one, when it is large. */
export interface Portion {
  node: string
  table: FactTable
  first_segment: number
  last_segment: number
  /** Rows of the one segment, the end excluded; absent when whole segments are read. */
  rows?: { from: number; to: number }
  /** A lower bound of `received_at`, so that older partitions are left alone. */
  received_ms: number
}

/** Reads what the facts of a portion may have changed, by site. */
export async function readNewFacts(
  store: Store,
  portion: Portion,
  { site, into }: { site?: string | undefined; into: Map<string, Touched> },
): Promise<void> {
  const of = (name: string) => {
    let touched = into.get(name)
    if (!touched) {
      touched = nothingTouched()
      into.set(name, touched)
    }
    return touched
  }
  const ask = <Row>(columns: string) => askPortion<Row & { site: string }>(store, portion, columns, site)
  if (portion.table === 'events') {
    // There are a million of them at a time.
    for (const { rows, columns } of await store.columns(...portionQuery(portion, eventColumns, site))) {
      const [sites, visitors, sessions, clicks] = columns as [string[], string[], string[], number[]]
      for (let row = 0; row < rows; row++) {
        const [touched, session] = [of(sites[row] as string), sessions[row] as string]
        const clicked_ms = clicks[row] as number
        touchSession(touched, session, visitors[row] as string)
        if (clicked_ms > 0 && session !== '') widen(touched.clicked, session, clicked_ms)
      }
    }
  } else if (portion.table === 'leases') {
    for (const row of await ask<LeaseKey>(leaseColumns)) touchLease(of(row.site), row)
  } else if (portion.table === 'annotations') {
    const rows = await ask<{ kind: string; id: string; hands: number }>(
      `t.on_kind AS kind, t.on_id AS id, notEmpty(t.merge) OR t.split_kind != '' AS hands`,
    )
    for (const { site: name, kind, id, hands } of rows) {
      if (hands === 1) of(name).hands = true
      if (kind === 'call') of(name).calls.add(id)
      if (kind === 'lead') of(name).leads.add(id)
    }
  } else if (portion.table !== 'costs' && portion.table !== 'erasures') {
    const kind = portion.table
    for (const row of await ask<{ id: string }>('t.id AS id')) of(row.site)[kind].add(row.id)
  }
}

/** `clicked_ms`: when a link to a phone was clicked; 0 for anything else. */
const eventColumns = `t.visitor AS visitor, t.session AS session,
  if(t.type = 'click' AND t.click_kind = 'phone', toFloat64(toUnixTimestamp64Milli(t.at)), 0) AS clicked_ms`

interface LeaseKey {
  number: string
  visitor: string
  session: string
  from_ms: number
}

const leaseColumns = `t.number AS number, t.visitor AS visitor, t.session AS session,
  toFloat64(toUnixTimestamp64Milli(t.from)) AS from_ms`

function askPortion<Row>(store: Store, portion: Portion, columns: string, site: string | undefined): Promise<Row[]> {
  return store.query<Row>(...portionQuery(portion, columns, site))
}

function portionQuery(portion: Portion, columns: string, site: string | undefined): [sql: string, params: Params] {
  const { node, table, first_segment, last_segment, rows, received_ms } = portion
  return [
    `SELECT DISTINCT t.site AS site, ${columns} FROM ${table} AS t
     WHERE t.node = {node:String} AND t.segment >= {first:UInt32} AND t.segment <= {last:UInt32}
       AND t.received_at >= fromUnixTimestamp64Milli({received_ms:Int64})
       ${rows ? 'AND t.row >= {row_from:UInt32} AND t.row < {row_to:UInt32}' : ''}
       ${site === undefined ? '' : 'AND t.site = {site:String}'}`,
    {
      node,
      first: first_segment,
      last: last_segment,
      received_ms,
      ...(rows && { row_from: rows.from, row_to: rows.to }),
      ...(site !== undefined && { site }),
    },
  ]
}
