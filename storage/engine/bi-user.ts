import type { EngineLimits } from './limits.ts'
import { escapeXml } from './xml.ts'

/** A read-only user for BI tools, of whose password only the gateway knows (bi-gateway.ts). */
export interface BiUser {
  password: string
  /** The database whose `bi_…` views it reads. */
  database: string
}

/** The name that BI tools sign in with. */
export const biUserName = 'bi'

/** How far a query of a BI tool may go. */
export const biLimits = {
  execution_seconds_max: 60,
  result_rows_max: 1_000_000,
  result_bytes_max: 500_000_000,
  threads_max: 2,
  queries_at_once_max: 4,
} as const

/**
 * Settings that drivers send with their queries and that change nothing but the shape of the answer. Everything else is
 * fixed: `additional_table_filters` alone would let a view be asked about columns it does not show.
 */
export const biSettings = [
  'date_time_input_format',
  'date_time_output_format',
  'enable_http_compression',
  'extremes',
  'format_csv_delimiter',
  'http_headers_progress_interval_ms',
  'http_wait_end_of_query',
  'http_write_exception_in_output_format',
  'join_use_nulls',
  'output_format_json_quote_64bit_integers',
  'output_format_json_quote_decimals',
  'output_format_json_quote_denormals',
  'output_format_native_use_flattened_dynamic_and_json_serialization',
  'prefer_column_name_to_alias',
  'result_overflow_mode',
  'send_progress_in_http_headers',
  'session_timezone',
] as const

export function biProfileXml(limits: EngineLimits): string {
  const upTo = (name: string, max: number) =>
    `<${name}><min>1</min><max>${max}</max><changeable_in_readonly/></${name}>`
  return `<bi>
      <readonly>1</readonly>
      <allow_ddl>0</allow_ddl>
      <allow_introspection_functions>0</allow_introspection_functions>
      <cancel_http_readonly_queries_on_client_close>1</cancel_http_readonly_queries_on_client_close>
      <implicit_select>0</implicit_select>
      <max_execution_time>${biLimits.execution_seconds_max}</max_execution_time>
      <max_memory_usage>${limits.bi_query_max}</max_memory_usage>
      <max_memory_usage_for_user>${limits.bi_query_max}</max_memory_usage_for_user>
      <max_result_rows>${biLimits.result_rows_max}</max_result_rows>
      <max_result_bytes>${biLimits.result_bytes_max}</max_result_bytes>
      <max_threads>${biLimits.threads_max}</max_threads>
      <max_concurrent_queries_for_user>${biLimits.queries_at_once_max}</max_concurrent_queries_for_user>
      <constraints>
        ${upTo('max_execution_time', biLimits.execution_seconds_max)}
        ${upTo('max_memory_usage', limits.bi_query_max)}
        ${upTo('max_result_rows', biLimits.result_rows_max)}
        ${upTo('max_threads', biLimits.threads_max)}
        ${biSettings.map((name) => `<${name}><changeable_in_readonly/></${name}>`).join('\n        ')}
      </constraints>
    </bi>`
}

export function biUserXml({ database }: BiUser, passwordHash: string): string {
  return `<${biUserName}>
      <password_sha256_hex>${passwordHash}</password_sha256_hex>
      <networks><ip>127.0.0.1</ip></networks><profile>bi</profile><quota>default</quota>
      <grants><query>GRANT SELECT ON ${escapeXml(`\`${database}\``)}.bi_*</query></grants>
    </${biUserName}>`
}
