import { type FactTable, factTableNames } from '#storage/fact-tables.ts'
import type { Deletion } from './delete-rows.ts'
import { planned } from './plan.ts'

/** How far matching has read: rows beyond may belong to a segment that is still in the log. */
export type ReadTo = readonly { node: string; table: FactTable; segment: number }[]

/** What is deleted, and how much of it may be. */
export interface FactScope {
  site: string
  job: string
  read_to: ReadTo
}

/** All rows of the planned identifiers that were received by then. */
export function factsOfMembers(scope: FactScope, received_to_ms: number): Deletion[] {
  return Object.entries(ofMembers).map(([table, condition]) => {
    const { where, params } = within(scope, table as FactTable)
    return {
      table,
      where: `${where} AND received_at <= fromUnixTimestamp64Milli({received_to_ms:Int64}) AND (${condition})`,
      params: { ...params, received_to_ms },
    }
  })
}

/** All rows about moments before this one. */
export function factsBefore(scope: FactScope, before_ms: number): Deletion[] {
  return Object.entries(moments).map(([table, moment]) => {
    const { where, params } = within(scope, table as FactTable)
    return {
      table,
      where: `${where} AND ${moment} < fromUnixTimestamp64Milli({before_ms:Int64})`,
      params: { ...params, before_ms },
    }
  })
}

/** The column that says when it happened. Renewals of a lease share one `from`: a lease goes as a whole. */
export const moments = {
  events: 'at',
  leases: '`from`',
  calls: 'at',
  leads: 'at',
  deals: 'at',
  annotations: 'at',
} as const satisfies Partial<Record<FactTable, string>>

/** A segment that has not been read may be in the log still, and its writer counts its rows. */
function within({ site, job, read_to }: FactScope, table: FactTable): Pick<Deletion, 'where' | 'params'> {
  const own = read_to.filter((position) => position.table === table)
  return {
    where: `site = {site:String}
      AND segment <= transform(toString(node), {nodes:Array(String)}, {segments:Array(Int64)}, toInt64(-1))`,
    // Never empty: ClickHouse knows no lists of nothing here.
    params: { site, job, nodes: ['', ...own.map(({ node }) => node)], segments: [-1, ...own.map((o) => o.segment)] },
  }
}

/** Whether this row of the log may be touched. */
export function isRead(read_to: ReadTo, table: string, node: string, segment: number): boolean {
  if (!factTableNames.includes(table as FactTable)) return true
  return read_to.some((one) => one.table === table && one.node === node && one.segment >= segment)
}

const member = (kind: Parameters<typeof planned>[1]) => planned(['member'], kind)
const members = (kind: Parameters<typeof planned>[1]) => planned(['member'], kind, 'groupArray(value)')
const caller = "concat(`from`, if(from_extension = '', '', concat(';ext=', from_extension)))"

/** Which rows are a person's: by who sent them, by what they are about, and by whom they name. */
const ofMembers = {
  events: `visitor IN ${member('visitor')} OR phone IN ${member('phone')} OR email IN ${member('email')}
    OR user IN ${member('user')} OR (type = 'form' AND id IN ${member('lead')})
    OR (session IN ${member('session')} AND visitor NOT IN ${planned(['keep'], 'visitor')})`,
  leases: `visitor IN ${member('visitor')}
    OR (session IN ${member('session')} AND visitor NOT IN ${planned(['keep'], 'visitor')})`,
  calls: `id IN ${member('call')} OR ${caller} IN ${member('phone')} OR visitor IN ${member('visitor')}
    OR (direction = 'out' AND \`to\` IN ${member('phone')})`,
  leads: `id IN ${member('lead')} OR phone IN ${member('phone')} OR email IN ${member('email')}
    OR visitor IN ${member('visitor')}`,
  deals: `id IN ${member('deal')} OR contact_id IN ${member('contact')} OR visitor IN ${member('visitor')}
    OR hasAny(phones, ${members('phone')}) OR hasAny(emails, ${members('email')})`,
  annotations: `(on_kind, on_id) IN ${planned(['member'], undefined, 'toString(kind), value')}
    OR (on_kind = 'person' AND on_id IN ${planned(['person'])})
    OR hasAny(merge, ${planned(['person'], undefined, 'groupArray(value)')})
    OR (split_kind, split_value) IN ${planned(['member'], undefined, 'toString(kind), value')}
    OR (split_kind = 'person' AND split_value IN ${planned(['person'])})`,
} as const satisfies Partial<Record<FactTable, string>>
