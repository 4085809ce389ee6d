import type { Readable } from 'node:stream'
import { createClient } from '@clickhouse/client'

export interface StoreOptions {
  /** http://host:port of ClickHouse; user and password may be inside. */
  url: string
  user?: string
  password?: string
  database: string
  request_timeout_ms?: number
}

export type Params = Record<string, unknown>

/** The one way to reach ClickHouse. Values reach SQL as bound parameters only: `{site:String}`. */
export interface Store {
  database: string
  /** All rows of a SELECT, as objects. 64-bit integers come as strings. */
  query<Row>(sql: string, params?: Params): Promise<Row[]>
  /** Rows of a SELECT as they come, in groups, for answers that must not be held in memory. */
  stream<Row>(sql: string, params?: Params): AsyncIterable<Row[]>
  /** A statement without an answer. */
  command(sql: string, params?: Params): Promise<void>
  /** Inserts rows given as objects. For small things; facts go through the log. */
  insert(table: string, rows: readonly object[]): Promise<void>
  /** An INSERT whose data is sent as it is, under a query id of its own. */
  send(sql: string, body: Readable, options: { params?: Params; query_id: string }): Promise<void>
  close(): Promise<void>
}

export function openStore({ url, user, password, database, request_timeout_ms = 60_000 }: StoreOptions): Store {
  const client = createClient({
    url,
    ...(user !== undefined && { username: user }),
    ...(password !== undefined && { password }),
    database,
    request_timeout: request_timeout_ms,
    max_open_connections: 16,
    // Errors are thrown to whoever asked; the client's own console lines would say them twice.
    log: { level: 127 as never },
    clickhouse_settings: {
      output_format_json_quote_64bit_integers: 1,
      output_format_json_quote_decimals: 1,
      date_time_output_format: 'iso',
      async_insert: 0,
    },
  })
  return {
    database,
    async query<Row>(sql: string, params: Params = {}) {
      const answer = await client.query({ query: sql, query_params: params, format: 'JSONEachRow' })
      return answer.json<Row>()
    },
    async *stream<Row>(sql: string, params: Params = {}) {
      const answer = await client.query({ query: sql, query_params: params, format: 'JSONEachRow' })
      for await (const rows of answer.stream()) yield rows.map((row) => row.json<Row>())
    },
    async command(sql, params = {}) {
      await client.command({ query: sql, query_params: params })
    },
    async insert(table, rows) {
      if (rows.length > 0) await client.insert({ table, values: rows, format: 'JSONEachRow' })
    },
    async send(sql, body, { params = {}, query_id }) {
      const answer = await client.exec({ query: sql, values: body, query_params: params, query_id } as never)
      for await (const _ of answer.stream) {
        // An insert answers nothing; reading to the end gives the connection back.
      }
    },
    async close() {
      await client.close()
    },
  }
}
