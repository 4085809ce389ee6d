import { createHash } from 'node:crypto'
import { type BiUser, biProfileXml, biUserXml } from './bi-user.ts'
import type { EngineLimits } from './limits.ts'
import { escapeXml } from './xml.ts'

export interface ConfigOptions {
  home: string
  /** Those who may sign in over HTTP. */
  names: string[]
  users: string
  port: number
  limits: EngineLimits
  /** The one folder that backups are written to and read from. */
  backups: string
  cluster?: EngineCluster | undefined
}

/** This engine as one shard of a cluster. */
export interface EngineCluster {
  name: string
  /** The loopback port that the other shards reach this one under. */
  tcp_port: number
  /** The TCP ports of all shards, in the cluster's order; this engine's is one of them. */
  shard_ports: number[]
  /** Known to the shards alone: it lets one of them ask another in the name of the user who asked it. */
  secret: string
}

/** The engine's config file. What a server has on by default and this one cannot afford is off. */
export function configXml({ home, names, users, port, limits, backups, cluster }: ConfigOptions): string {
  const path = (name: string) => escapeXml(`${home}/${name}`)
  return `<clickhouse>
  <users_config>${escapeXml(users)}</users_config>
  <path>${path('data')}</path>
  <listen_host>127.0.0.1</listen_host>
  <http_port>${port}</http_port>
  ${handlersXml(names)}
  ${cluster ? clusterXml(cluster) : ''}
  <timezone>UTC</timezone>
  <backups><allowed_path>${escapeXml(backups)}</allowed_path></backups>
  <!-- Without log-level the engine logs traces. The loggers of queries quote rows in their errors, so they are silent. -->
  <log-level>warning</log-level>
  <logger>
    <log>${path('engine.log')}</log><size>10M</size><count>3</count>
    <levels>
      <logger><name>executeQuery</name><level>none</level></logger>
      <logger><name>DynamicQueryHandler</name><level>none</level></logger>
      <logger><name>TCPHandler</name><level>none</level></logger>
    </levels>
  </logger>
  <max_server_memory_usage>${limits.server_max}</max_server_memory_usage>
  <mark_cache_size>${limits.mark_cache}</mark_cache_size>
  <primary_index_cache_size>${limits.index_cache}</primary_index_cache_size>
  <index_mark_cache_size>${limits.index_cache}</index_mark_cache_size>
  <query_cache><max_size_in_bytes>${limits.index_cache}</max_size_in_bytes></query_cache>
  <background_pool_size>4</background_pool_size>
  <!-- A merge deletes parts that were synced; what replaces them has to be on the disk first. -->
  <merge_tree>
    <fsync_after_insert>1</fsync_after_insert>
    <fsync_part_directory>1</fsync_part_directory>
    <min_rows_to_fsync_after_merge>1</min_rows_to_fsync_after_merge>
    <min_compressed_bytes_to_fsync_after_merge>1</min_compressed_bytes_to_fsync_after_merge>
    <old_parts_lifetime>480</old_parts_lifetime>
    <number_of_free_entries_in_pool_to_execute_mutation>4</number_of_free_entries_in_pool_to_execute_mutation>
    <number_of_free_entries_in_pool_to_lower_max_size_of_merge>4</number_of_free_entries_in_pool_to_lower_max_size_of_merge>
    <number_of_free_entries_in_pool_to_execute_optimize_entire_partition>4</number_of_free_entries_in_pool_to_execute_optimize_entire_partition>
  </merge_tree>
</clickhouse>
`
}

export interface UsersOptions {
  user: string
  password: string
  limits: EngineLimits
  bi?: BiUser | undefined
}

/**
 * The engine's own start-up session signs in as `default`, without a password and from loopback, and so could anybody: its
 * users file is read once (SYSTEM RELOAD USERS finds nothing to reload), a quota does not count `SELECT file(…)`, and that
 * function asks for no right. So a request gets as far as signing in only if it names one of our users in this header; one
 * that names a second user, in the address or in Basic credentials, is refused by the engine. Basic credentials alone
 * cannot have a rule: there a `user` in the address would win.
 */
function handlersXml(names: string[]): string {
  const handler = '<handler><type>dynamic_query_handler</type><query_param_name>query</query_param_name></handler>'
  const rule = (name: string) =>
    `<rule><headers><X-ClickHouse-User>${name}</X-ClickHouse-User></headers>${handler}</rule>`
  return `<http_handlers>
    ${names.map(rule).join('\n    ')}
  </http_handlers>`
}

/**
 * For tests of cluster mode on one machine, and no more: the rules above keep `default` out of the HTTP port alone. Over
 * TCP it may sign in from this machine, with the few grants it has. A service never opens this port.
 */
function clusterXml({ name, tcp_port, shard_ports, secret }: EngineCluster): string {
  const shard = (port: number) => `<shard><replica><host>127.0.0.1</host><port>${port}</port></replica></shard>`
  return `<tcp_port>${tcp_port}</tcp_port>
  <remote_servers>
    <${name}>
      <secret>${escapeXml(secret)}</secret>
      ${shard_ports.map(shard).join('\n      ')}
    </${name}>
  </remote_servers>`
}

/** Users of the engine. */
export function usersXml({ user, password, limits, bi }: UsersOptions): string {
  return `<clickhouse>
  <profiles>
    <default>
      <max_memory_usage>${limits.query_max}</max_memory_usage>
      <allow_introspection_functions>0</allow_introspection_functions>
      <implicit_select>0</implicit_select>
    </default>
    <starting><max_memory_usage>100000000</max_memory_usage></starting>
    ${bi ? biProfileXml(limits) : ''}
  </profiles>
  <quotas><default/></quotas>
  <users>
    <default>
      <password></password><networks><ip>127.0.0.1</ip></networks><profile>starting</profile><quota>default</quota>
      <grants>
        <query>GRANT SYSTEM LISTEN ON *.*</query>
        <query>GRANT CREATE TEMPORARY TABLE ON *.*</query>
        <query>GRANT READ ON FILE</query>
      </grants>
    </default>
    <${user}>
      <password_sha256_hex>${sha256(password)}</password_sha256_hex>
      <networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota>
      <access_management>1</access_management>
    </${user}>
    ${bi ? biUserXml(bi, sha256(bi.password)) : ''}
  </users>
</clickhouse>
`
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
