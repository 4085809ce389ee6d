import type { Row } from '../../api/reports.ts'

/** A raw row as the list shows it, whatever table it came from. */
export interface RowBehind {
  kind: 'visit' | 'lead' | 'deal'
  id: string
  at: string
  person: string
  channel: string
  source: string
  medium: string
  campaign: string
  lead_kind: string
  status: string
  /** Of deals with an amount alone. */
  value: string | undefined
  currency: string
  /** How much of the credit this touch gets, 0…1; 1 where nothing is shared. */
  weight: number
  /** Of what nobody is credited with alone: why. */
  uncredited: string
}

/** Visits name their own start; leads and deals come as steps of their path, which repeat the conversion. */
export function readRow(row: Row): RowBehind {
  const text = (name: string) => String(row[name] ?? '')
  const kind = text('conversion_kind')
  return {
    kind: kind === 'lead' || kind === 'deal' ? kind : 'visit',
    id: text('conversion') || text('id'),
    at: text('conversion_at') || text('started_at') || text('at'),
    person: text('person'),
    channel: text('channel'),
    source: text('source'),
    medium: text('medium'),
    campaign: text('campaign'),
    lead_kind: text('lead_kind'),
    status: text('status'),
    value: row.value === null || row.value === undefined ? undefined : text('value'),
    currency: text('currency') || 'RUB',
    weight: Number(row.weight ?? 1),
    uncredited: text('uncredited'),
  }
}
