import type { Params, Store } from '#storage/client.ts'
import type { FactTable } from '#storage/fact-tables.ts'
import type { NativeBlock } from '#storage/native/read-native.ts'
import type { SiteFilter } from './site-filter.ts'
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

/** Adds what the facts of a portion may have changed to what is touched, by site. */
export type TellNewFacts = (into: Map<string, Touched>) => void

/** Reads what the facts of a portion may have changed. */
export async function readNewFacts(store: Store, portion: Portion, filter: SiteFilter): Promise<TellNewFacts> {
  const ask = <Row>(columns: string) => askPortion<Row & { site: string }>(store, portion, columns, filter)
  if (portion.table === 'events') {
    // There are a million of them at a time.
    const blocks = await store.columns(...portionQuery(portion, eventColumns, filter))
    return (into) => tellEvents(blocks, into)
  }
  if (portion.table === 'leases') {
    const rows = await ask<LeaseKey>(leaseColumns)
    return (into) => {
      for (const row of rows) touchLease(touchedIn(into, row.site), row)
    }
  }
  if (portion.table === 'annotations') {
    const rows = await ask<{ kind: string; id: string; hands: number }>(
      `t.on_kind AS kind, t.on_id AS id, notEmpty(t.merge) OR t.split_kind != '' AS hands`,
    )
    return (into) => {
      for (const { site, kind, id, hands } of rows) {
        const touched = touchedIn(into, site)
        if (hands === 1) touched.hands = true
        if (kind === 'call') touched.calls.add(id)
        if (kind === 'lead') touched.leads.add(id)
      }
    }
  }
  if (portion.table === 'costs' || portion.table === 'erasures') return () => {}
  const kind = portion.table
  const rows = await ask<{ id: string }>('t.id AS id')
  return (into) => {
    for (const { site, id } of rows) touchedIn(into, site)[kind].add(id)
  }
}

function touchedIn(into: Map<string, Touched>, site: string): Touched {
  let touched = into.get(site)
  if (!touched) {
    touched = nothingTouched()
    into.set(site, touched)
  }
  return touched
}

function tellEvents(blocks: readonly NativeBlock[], into: Map<string, Touched>): void {
  for (const { rows, columns } of blocks) {
    const [sites, visitors, sessions, clicks] = columns as unknown as EventColumns
    for (let row = 0; row < rows; row++) {
      const [touched, session, clicked_ms] = [touchedIn(into, sites.at(row)), sessions.at(row), clicks.at(row)]
      touchSession(touched, session, visitors.at(row))
      if (clicked_ms > 0 && session !== '') widen(touched.clicked, session, clicked_ms)
    }
  }
}

type EventColumns = [ColumnOf<string>, ColumnOf<string>, ColumnOf<string>, ColumnOf<number>]

interface ColumnOf<Value> {
  at(row: number): Value
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

/** How many rows of a portion pass the filter. */
export async function countNewFacts(store: Store, portion: Portion, filter: SiteFilter): Promise<number> {
  const { where, params } = within(portion, filter)
  const [row] = await store.query<{ rows: number }>(
    `SELECT toFloat64(count()) AS rows FROM ${portion.table} AS t WHERE ${where}`,
    params,
  )
  return row?.rows ?? 0
}

function askPortion<Row>(store: Store, portion: Portion, columns: string, filter: SiteFilter): Promise<Row[]> {
  return store.query<Row>(...portionQuery(portion, columns, filter))
}

function portionQuery(portion: Portion, columns: string, filter: SiteFilter): [sql: string, params: Params] {
  const { where, params } = within(portion, filter)
  return [`SELECT DISTINCT t.site AS site, ${columns} FROM ${portion.table} AS t WHERE ${where}`, params]
}

function within(portion: Portion, filter: SiteFilter): { where: string; params: Params } {
  const { sql, params } = inPortions([portion])
  return { where: `${sql} ${filter.and('t.site')}`, params: { ...params, ...filter.params } }
}

/** Which rows `AS t` of one table are in some portions of it. */
export function inPortions(portions: readonly Portion[]): { sql: string; params: Params } {
  const params: Params = {}
  const clauses = portions.map(({ node, first_segment, last_segment, rows, received_ms }, index) => {
    const bind = (name: string, type: string, value: unknown) => {
      params[`${name}${index}`] = value
      return `{${name}${index}:${type}}`
    }
    return [
      `t.node = ${bind('node', 'String', node)}`,
      `t.segment >= ${bind('first', 'UInt32', first_segment)} AND t.segment <= ${bind('last', 'UInt32', last_segment)}`,
      `t.received_at >= fromUnixTimestamp64Milli(${bind('received_ms', 'Int64', received_ms)})`,
      ...(rows
        ? [`t.row >= ${bind('row_from', 'UInt32', rows.from)} AND t.row < ${bind('row_to', 'UInt32', rows.to)}`]
        : []),
    ].join(' AND ')
  })
  return { sql: `(${clauses.map((clause) => `(${clause})`).join(' OR ')})`, params }
}

/** Which rows `AS t` of one table do not stand behind some portions of it in their logs. */
export function untilPortions(portions: readonly Portion[]): { sql: string; params: Params } {
  const params: Params = {}
  const lasts = new Map<string, Portion>()
  for (const portion of portions) {
    const last = lasts.get(portion.node)
    if (!last || portion.last_segment > last.last_segment) lasts.set(portion.node, portion)
  }
  const clauses = [...lasts.values()].map(({ node, last_segment, rows }, index) => {
    params[`until_node${index}`] = node
    params[`until_segment${index}`] = last_segment
    params[`until_row${index}`] = rows?.to ?? 2 ** 32 - 1
    const last = `{until_segment${index}:UInt32}`
    const isBehind = `t.segment > ${last} OR (t.segment = ${last} AND t.row >= {until_row${index}:UInt32})`
    return `NOT (t.node = {until_node${index}:String} AND (${isBehind}))`
  })
  return { sql: `(${clauses.length === 0 ? '1' : clauses.join(' AND ')})`, params }
}
