import { Readable } from 'node:stream'
import {
  ClickHouseError,
  ClickHouseLogLevel,
  type ClickHouseSettings,
  createClient,
  parseError,
} from '@clickhouse/client'
import { clientLogger, type StoreLog } from './client-logger.ts'
import { localDatabase } from './cluster/distributed-table.ts'
import { type NativeBlock, readNative } from './native/read-native.ts'
import { type NativeColumn, writeNative } from './native/write-native.ts'
import { toStoreError } from './store-error.ts'

export interface StoreOptions {
  /** http://host:port of ClickHouse; user and password may be inside. */
  url: string
  user?: string | undefined
  password?: string | undefined
  database: string
  /** With a cluster, `url` is that of its first shard, and `urls` are those of all, in the cluster's order. */
  cluster?: { name: string; urls: readonly string[] } | undefined
  /** How long ClickHouse may be silent. */
  request_timeout_ms?: number
  log?: StoreLog
}

/** One value may be 128 KB long as text, by ClickHouse's own limit: longer lists go in several queries. */
export type Params = Record<string, unknown>

export interface CallOptions {
  /** Ends the call; ClickHouse stops a SELECT that nobody waits for. */
  signal?: AbortSignal
  /** ClickHouse refuses a second query of this id while one runs (code 216). */
  query_id?: string
}

/**
 * The one way to reach ClickHouse. Values reach SQL as bound parameters only: `{site:String}`. Nothing is tried twice.
 * What ClickHouse refuses is a StoreError (see store-error.ts).
 */
export interface Store {
  database: string
  /** The name of the cluster whose Distributed tables this store reads and writes. */
  readonly cluster: string | undefined
  /**
   * The servers that hold the rows themselves, for what a table over several servers cannot do: ALTER, DELETE, EXCHANGE,
   * and the log's own inserts. Without a cluster there is one, this store itself. Closed together with it.
   */
  readonly shards: readonly Store[]
  /** All rows of a SELECT, as objects. 64-bit integers come as strings. */
  query<Row>(sql: string, params?: Params, options?: CallOptions): Promise<Row[]>
  /** All rows of a SELECT by column, for whoever reads many: of the types that `readNative` knows. */
  columns(sql: string, params?: Params, options?: CallOptions): Promise<NativeBlock[]>
  /** Rows of a SELECT as they come, in groups, for answers that must not be held in memory. */
  stream<Row>(sql: string, params?: Params, options?: CallOptions): AsyncIterable<Row[]>
  /** A statement without an answer. */
  command(sql: string, params?: Params, options?: CallOptions): Promise<void>
  /**
   * Inserts rows given as objects, by all their fields or by these columns: for whoever writes many. Facts go through the log.
   */
  insert<Row extends object>(
    table: string,
    rows: readonly Row[],
    options?: CallOptions & { columns?: readonly NativeColumn<Row>[] },
  ): Promise<void>
  /** Inserts what `writeNative` has made of rows by these columns. */
  insertBlocks(
    table: string,
    columns: readonly { name: string }[],
    blocks: readonly Buffer[],
    options?: CallOptions,
  ): Promise<void>
  /** An INSERT whose data is sent as it is, byte for byte, under a query id of its own. */
  send(sql: string, body: Readable, options: { params?: Params; query_id: string; signal?: AbortSignal }): Promise<void>
  close(): Promise<void>
}

const CONNECTIONS_MAX = 16

export function openStore(options: StoreOptions): Store {
  const { cluster, ...single } = options
  if (!cluster) return openOne(single)
  const database = localDatabase(options.database)
  const shards = cluster.urls.map((url) => openOne({ ...single, url, database }))
  const front = openOne(single, clusterSettings)
  return {
    ...front,
    cluster: cluster.name,
    shards,
    async close() {
      await Promise.all([front, ...shards].map((store) => store.close()))
    },
  }
}

/** What makes a statement on Distributed tables mean what it means on plain ones. */
const clusterSettings = {
  // An insert is answered when it is on its shards, so that what was written can be read.
  distributed_foreground_insert: 1,
  // A table in a subquery is read on all shards too, once.
  distributed_product_mode: 'global',
  // Of several replicas the one that was written to is read from.
  load_balancing: 'in_order',
  // A shard that is away is an error: an answer without its rows would be a wrong one.
  skip_unavailable_shards: 0,
} as const

function openOne(options: StoreOptions, settings: ClickHouseSettings = {}): Store {
  const client = openClient(options, settings)
  const store: Store = {
    database: options.database,
    cluster: undefined,
    get shards() {
      return [store]
    },
    query: <Row>(sql: string, params: Params = {}, call: CallOptions = {}) =>
      failing(async () => {
        const answer = await client.query(selectOf(sql, params, call))
        return answer.json<Row>()
      }),
    columns: (sql, params = {}, call = {}) =>
      failing(async () => {
        // A format that the client has no reader for, nor a name.
        const native = { ...selectOf(sql, params, call), format: 'Native' as 'JSON' }
        return blocksIn(await client.query(native))
      }),
    async *stream<Row>(sql: string, params: Params = {}, call: CallOptions = {}) {
      try {
        const answer = await client.query(selectOf(sql, params, call))
        for await (const rows of answer.stream()) yield rows.map((row) => row.json<Row>())
      } catch (error) {
        throw toStoreError(error)
      }
    },
    command: (sql, params = {}, call = {}) =>
      failing(async () => {
        await client.command({ query: sql, query_params: params, ...signalOf(call) })
      }),
    insert: (table, rows, { columns, ...call } = {}) =>
      failing(async () => {
        if (rows.length === 0) return
        if (!columns) await sendTo(client, `INSERT INTO ${table} FORMAT JSONEachRow`, linesOf(rows), {}, call)
        else await sendBlocks(client, { table, columns, blocks: blocksOf(columns, rows) }, call)
      }),
    insertBlocks: (table, columns, blocks, call = {}) =>
      failing(async () => {
        if (blocks.length > 0) await sendBlocks(client, { table, columns, blocks }, call)
      }),
    send: (sql, body, { params = {}, ...call }) => failing(() => sendTo(client, sql, body, params, call)),
    close: () => client.close(),
  }
  return store
}

function openClient(
  { url, user, password, database, request_timeout_ms = 60_000, log }: StoreOptions,
  settings: ClickHouseSettings,
) {
  const address = new URL(url)
  const name = user ?? decodeURIComponent(address.username)
  const key = password ?? decodeURIComponent(address.password)
  address.username = ''
  address.password = ''
  return createClient({
    url: address,
    // Sent as ClickHouse's own headers: the embedded engine admits nobody by other ways (see engine/config.ts).
    set_basic_auth_header: false,
    http_headers: { 'X-ClickHouse-User': name || 'default', 'X-ClickHouse-Key': key },
    database,
    request_timeout: request_timeout_ms,
    max_open_connections: CONNECTIONS_MAX,
    // A busy event loop would otherwise send on a connection that the server has just closed.
    keep_alive: { enabled: true, eagerly_destroy_stale_sockets: true },
    // Long lists of ids do not fit into an address.
    use_multipart_params_auto: true,
    log: { level: log ? ClickHouseLogLevel.WARN : ClickHouseLogLevel.OFF, LoggerClass: clientLogger(log) },
    clickhouse_settings: {
      output_format_json_quote_64bit_integers: 1,
      output_format_json_quote_decimals: 1,
      date_time_output_format: 'iso',
      async_insert: 0,
      cancel_http_readonly_queries_on_client_close: 1,
      ...settings,
    },
  })
}

async function sendTo(client: Client, sql: string, body: Readable, params: Params, call: CallOptions): Promise<void> {
  const answer = await client.exec({ query: sql, values: body, query_params: params, ...signalOf(call) })
  let said = ''
  for await (const chunk of answer.stream) said += chunk
  // An insert answers nothing: text after a 200 is an error that came too late for the status.
  if (said !== '') throw parseError(said)
}

/** Rows sent in one piece: each piece costs a turn of the event loop, and is text until it is on its way. */
const PIECE_ROWS = 500

function linesOf(rows: readonly object[]): Readable {
  return Readable.from(pieces(rows), { objectMode: false })
}

function* pieces(rows: readonly object[]): Generator<Buffer> {
  for (let from = 0; from < rows.length; from += PIECE_ROWS) {
    let piece = ''
    for (let at = from; at < Math.min(from + PIECE_ROWS, rows.length); at++) piece += `${JSON.stringify(rows[at])}\n`
    yield Buffer.from(piece)
  }
}

/** Rows sent as one block: each piece is a turn of the event loop. */
const BLOCK_ROWS = 5_000

/** An answer as it came, taken apart. */
async function blocksIn(answer: object): Promise<NativeBlock[]> {
  const chunks: Buffer[] = []
  try {
    // Kept out of the client's types, and there: its version is exact, and a test reads this way.
    for await (const chunk of (answer as { consume(): AsyncIterable<Buffer> }).consume()) chunks.push(chunk)
    return readNative(Buffer.concat(chunks))
  } catch (error) {
    throw refusalBehind(chunks) ?? error
  }
}

/** Why ClickHouse broke off an answer: it says so behind what it had sent, and closes the connection. */
function refusalBehind(chunks: readonly Buffer[]): Error | undefined {
  const end = Buffer.concat(chunks).subarray(-REFUSAL_BYTES_MAX).toString()
  // What stands before it is data, which may say anything.
  const said = parseError(end.slice(Math.max(0, end.lastIndexOf('Code: '))))
  return said instanceof ClickHouseError ? said : undefined
}

/** ClickHouse cuts its own words at this. */
const REFUSAL_BYTES_MAX = 16 * 1024

async function sendBlocks(
  client: Client,
  { table, columns, blocks }: { table: string; columns: readonly { name: string }[]; blocks: Iterable<Buffer> },
  call: CallOptions,
): Promise<void> {
  const names = columns.map(({ name }) => `\`${name}\``).join(', ')
  const body = Readable.from(blocks, { objectMode: false })
  await sendTo(client, `INSERT INTO ${table} (${names}) FORMAT Native`, body, {}, call)
}

function* blocksOf<Row>(columns: readonly NativeColumn<Row>[], rows: readonly Row[]): Generator<Buffer> {
  for (let from = 0; from < rows.length; from += BLOCK_ROWS)
    yield writeNative(columns, rows.slice(from, from + BLOCK_ROWS))
}

type Client = ReturnType<typeof openClient>

function selectOf(sql: string, params: Params, call: CallOptions) {
  return {
    query: sql,
    query_params: params,
    format: 'JSONEachRow' as const,
    // Only what may change nothing is stopped by ClickHouse when its caller has gone.
    clickhouse_settings: { readonly: '2' },
    ...signalOf(call),
  }
}

async function failing<Answer>(call: () => Promise<Answer>): Promise<Answer> {
  try {
    return await call()
  } catch (error) {
    throw toStoreError(error)
  }
}

function signalOf({ signal, query_id }: CallOptions): { abort_signal?: AbortSignal; query_id?: string } {
  return { ...(signal && { abort_signal: signal }), ...(query_id !== undefined && { query_id }) }
}
