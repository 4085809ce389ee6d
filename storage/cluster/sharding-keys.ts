/**
 * Which shard a row stands on, for each table: decided by the values of these columns, or the first shard when there are
 * none. Never by person, who may change. Of a ReplacingMergeTree they are part of the sort key, so that all versions of a
 * row meet on one shard: FINAL looks no further.
 */
export const shardingKeys: Readonly<Record<string, readonly string[]>> = {
  events: ['site', 'visitor'],
  leases: ['site', 'number'],
  calls: ['site', 'id'],
  leads: ['site', 'id'],
  deals: ['site', 'id'],
  costs: ['site', 'id'],
  annotations: ['site', 'on_id'],
  erasures: ['site', 'id'],
  sessions: ['site', 'id'],
  call_matches: ['site', 'id'],
  call_clocks: ['site', 'id'],
  provider_clocks: ['site', 'provider', 'period'],
  // A conversion and its path stand together.
  conversions: ['site', 'kind', 'fact', 'id'],
  touchpoints: ['site', 'conversion_kind', 'conversion_fact', 'conversion'],
  identities: ['site', 'kind', 'value'],
  edges: ['site', 'a_kind', 'a_value'],
  // Written by the log to the shard whose rows they speak of. Elsewhere they would go to the first.
  segments: [],
  quarantine: [],
  // Small, and asked for as a whole.
  matching_lock: [],
  matching_positions: [],
  matching_rules: [],
  migrations: [],
  postbacks: [],
  settings: [],
  quarantine_replays: [],
  erasure_keys: [],
  erasure_runs: [],
  erased_identifiers: [],
  // Written to every shard: the deletions on each of them ask it.
  removal_plans: [],
  // Written to every shard: each says whether it is the one that the snapshot was made of.
  matching_snapshots: [],
}

/** The key as ClickHouse works it out; shardOf in shard-of.ts comes to the same. */
export function shardingKeySql(table: string): string {
  const columns = keyColumns(table)
  if (columns.length === 0) return '0'
  return `CRC32(concat(${columns.map((column) => `\`${column}\``).join(", '\\n', ")}))`
}

export function keyColumns(table: string): readonly string[] {
  const columns = shardingKeys[table]
  if (!columns) throw new Error(`The table ${table} has no sharding key: choose one in sharding-keys.ts.`)
  return columns
}
