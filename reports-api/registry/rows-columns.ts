import type { Source } from './measures.ts'

interface RowsOf {
  columns: readonly string[]
  /** What is shown when no columns are chosen. */
  usual: readonly string[]
  /** The order of rows, and so the cursor: unique together. */
  keys: readonly { sql: string; type: 'Int64' | 'String' }[]
}

const traffic = ['channel', 'source', 'medium', 'campaign', 'content', 'term'] as const
const place = ['referrer_host', 'device', 'browser', 'os', 'country', 'region', 'city'] as const

/** The columns that rows behind a number may show. No phone, email or name is among them. */
export const rowsOf = {
  sessions: {
    columns: [
      'id',
      'visitor',
      'person',
      'started_at',
      'ended_at',
      'session_number',
      ...traffic,
      'landing_path',
      ...place,
      'project',
      'pages',
      'events',
      'forms',
      'engaged_ms',
      'scroll_percent',
      'bounce',
      'numbers',
      'pool',
    ],
    usual: ['id', 'person', 'started_at', ...traffic, 'landing_path', 'device', 'city', 'pages', 'engaged_ms'],
    keys: [
      { sql: 'toUnixTimestamp64Milli(started_at)', type: 'Int64' },
      { sql: 'id', type: 'String' },
    ],
  },
  touchpoints: {
    columns: [
      'conversion',
      'conversion_kind',
      'conversion_fact',
      'conversion_at',
      'closed_at',
      'lead_kind',
      'status',
      'stage',
      'reason',
      'manager',
      'project',
      'value',
      'currency',
      'person',
      'first',
      'target',
      'fraud_score',
      'number',
      'pool',
      'position',
      'length',
      'at',
      'session',
      'call',
      ...traffic,
      'landing_path',
      ...place,
      'weight',
      'credit',
      'uncredited',
    ],
    usual: [
      'conversion',
      'conversion_kind',
      'conversion_at',
      'lead_kind',
      'status',
      'value',
      'currency',
      'person',
      'position',
      'length',
      'at',
      'session',
      ...traffic,
      'weight',
      'credit',
      'uncredited',
    ],
    keys: [
      { sql: 'toUnixTimestamp64Milli(conversion_at)', type: 'Int64' },
      { sql: 'toString(conversion_kind)', type: 'String' },
      { sql: 'toString(conversion_fact)', type: 'String' },
      { sql: 'conversion', type: 'String' },
      { sql: 'toInt64(position)', type: 'Int64' },
    ],
  },
  costs: {
    columns: ['date', ...traffic, 'cost', 'currency', 'clicks', 'impressions'],
    usual: ['date', ...traffic, 'cost', 'currency', 'clicks', 'impressions'],
    keys: [
      { sql: 'toInt64(date)', type: 'Int64' },
      { sql: 'toString(source)', type: 'String' },
      { sql: 'toString(medium)', type: 'String' },
      { sql: 'campaign', type: 'String' },
      { sql: 'content', type: 'String' },
      { sql: 'term', type: 'String' },
    ],
  },
} as const satisfies Record<Source, RowsOf>
