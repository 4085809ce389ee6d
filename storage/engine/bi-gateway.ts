import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http'
import { biSettings, biUserName } from './bi-user.ts'
import { checkBiQuery, isMetadataQuery } from './check-bi-query.ts'

export interface BiGatewayOptions {
  /** The loopback port for BI tools. */
  port: number
  /** What BI tools sign in with. */
  password: string
  /** Where the engine answers, and the password its BI user has there, known to this process alone. */
  engine_url: string
  engine_password: string
}

export interface BiGateway {
  port: number
  close(): Promise<void>
}

const SQL_BYTES_MAX = 262_144
const REQUEST_WAIT_MS = 90_000

/**
 * ClickHouse's HTTP interface for BI tools, on loopback: takes SELECT alone, and only such as check-bi-query.ts lets pass.
 * Rights and limits are the engine's; this closes what it has no right for.
 */
export async function openBiGateway(options: BiGatewayOptions): Promise<BiGateway> {
  const server = createServer((request, response) => {
    answer(request, response, options).catch((error: unknown) => {
      if (response.headersSent) response.destroy()
      else refuse(response, error instanceof Refusal ? error : new Refusal(503, 210, 'ClickHouse does not answer'))
    })
  })
  await new Promise<void>((done, fail) => {
    server.once('error', fail)
    server.listen(options.port, '127.0.0.1', done)
  })
  const { port } = server.address() as { port: number }
  return {
    port,
    async close() {
      const closed = new Promise<void>((done) => server.close(() => done()))
      server.closeAllConnections()
      await closed
    },
  }
}

/** An answer in the form of ClickHouse's errors, with a code of its own list. */
class Refusal extends Error {
  readonly status: number
  readonly code: number

  constructor(status: number, code: number, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

function refuse(response: ServerResponse, { status, code, message }: Refusal): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=UTF-8', 'x-clickhouse-exception-code': code })
  response.end(`Code: ${code}. DB::Exception: ${message}.\n`)
}

async function answer(request: IncomingMessage, response: ServerResponse, options: BiGatewayOptions): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://loopback')
  if (url.pathname === '/ping') return void response.end('Ok.\n')
  if (url.pathname !== '/' || (request.method !== 'GET' && request.method !== 'POST')) {
    throw new Refusal(404, 36, 'There is nothing but queries here')
  }
  signIn(request, url.searchParams, options.password)
  const parameters = takeOver(url.searchParams)
  const sql = await readSql(request, url.searchParams.get('query'))
  if (sql.trim() === '') return void response.end('Ok.\n')
  if (!isMetadataQuery(sql)) {
    const tree = await explain(options, parameters, sql)
    const trouble = checkBiQuery(tree)
    if (trouble) throw new Refusal(403, 497, `Not enough privileges for ${trouble}`)
  }
  await forward(request, response, options, parameters, sql)
}

/** One way of signing in, as ClickHouse has three, and none of them twice. */
function signIn(request: IncomingMessage, parameters: URLSearchParams, password: string): void {
  const header = (name: string) => request.headers[name]?.toString()
  const basic = /^Basic (\S+)$/i.exec(header('authorization') ?? '')?.[1]
  const decoded = basic === undefined ? undefined : Buffer.from(basic, 'base64').toString()
  const ways = [
    [header('x-clickhouse-user'), header('x-clickhouse-key')],
    [decoded?.split(':', 1)[0], decoded?.replace(/^[^:]*:/, '')],
    [parameters.get('user') ?? undefined, parameters.get('password') ?? undefined],
  ].filter(([name, key]) => name !== undefined || key !== undefined)
  const [name, key] = ways[0] ?? []
  if (ways.length !== 1 || name !== biUserName || !isEqual(key ?? '', password)) {
    throw new Refusal(403, 516, 'Authentication failed: one name and password are needed, and they must be right')
  }
}

function isEqual(a: string, b: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(hash(a), hash(b))
}

/** What goes on to the engine with the query: no id, session or role of the caller's choice. */
function takeOver(parameters: URLSearchParams): URLSearchParams {
  const taken = new URLSearchParams()
  for (const [name, value] of parameters) {
    if (own.has(name)) continue
    if (!passed.has(name) && !name.startsWith('param_')) throw new Refusal(403, 164, `Cannot modify '${name}'`)
    taken.append(name, value)
  }
  return taken
}

/** Meant for this gateway, or of no use behind it. */
const own: ReadonlySet<string> = new Set(['query', 'user', 'password', 'query_id', 'session_id', 'session_timeout'])

const passed: ReadonlySet<string> = new Set([
  ...biSettings,
  'compress',
  'database',
  'default_format',
  'max_execution_time',
  'max_memory_usage',
  'max_result_rows',
  'max_threads',
  'wait_end_of_query',
])

async function readSql(request: IncomingMessage, fromAddress: string | null): Promise<string> {
  if (request.headers['content-encoding'] || request.headers['content-type']?.startsWith('multipart/')) {
    throw new Refusal(415, 48, 'Queries are taken as plain text')
  }
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > SQL_BYTES_MAX) throw new Refusal(413, 62, `Queries end at ${SQL_BYTES_MAX} bytes`)
    chunks.push(chunk)
  }
  // The engine reads both as one text.
  return [fromAddress ?? '', Buffer.concat(chunks).toString()].filter((part) => part !== '').join('\n')
}

const FORMAT_TAIL = 200

/** A long run of blanks must cost no more than its length: a pattern that ends in `\s*$` tries every blank as a start. */
function withoutEnd(sql: string): string {
  const statement = sql.trimEnd()
  const bare = (statement.endsWith(';') ? statement.slice(0, -1) : statement).trimEnd()
  const format = /\sFORMAT\s+\w+$/i.exec(bare.slice(-FORMAT_TAIL))
  return format ? bare.slice(0, -format[0].length) : bare
}

/** What the engine reads out of the text. Nothing of it is run; a second FORMAT is a syntax error, so that ours counts. */
async function explain(options: BiGatewayOptions, parameters: URLSearchParams, sql: string): Promise<string> {
  const own = new URLSearchParams([...parameters].filter(([name]) => name === 'database' || name.startsWith('param_')))
  const bare = withoutEnd(sql)
  const answered = await sendSql(options, own, {}, `EXPLAIN AST ${bare}\nFORMAT TSVRaw`)
  let text = ''
  for await (const chunk of answered.setEncoding('utf8') as AsyncIterable<string>) text += chunk
  if (answered.statusCode === 200) return text
  const code = Number(answered.headers['x-clickhouse-exception-code'] ?? 62)
  throw new Refusal(answered.statusCode ?? 500, code, text.replace(/^Code: \d+\. DB::Exception: /, '').trim())
}

async function forward(
  request: IncomingMessage,
  response: ServerResponse,
  options: BiGatewayOptions,
  parameters: URLSearchParams,
  sql: string,
): Promise<void> {
  const headers = keep(request.headers, ['x-clickhouse-format', 'accept-encoding'])
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  const answered = await sendSql(options, parameters, headers, sql, gone.signal)
  const { statusCode = 502, headers: said } = answered
  const kept = Object.keys(said).filter((name) => name.startsWith('x-clickhouse-') || name.startsWith('content-'))
  response.writeHead(statusCode, keep(said, kept))
  // A stream that fails is broken off: what has come so far must not look like the whole.
  answered.once('error', () => response.destroy())
  answered.pipe(response)
}

function keep(headers: IncomingMessage['headers'], names: string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (headers[name] ? [[name, headers[name].toString()]] : [])))
}

function sendSql(
  { engine_url, engine_password }: BiGatewayOptions,
  parameters: URLSearchParams,
  headers: Record<string, string>,
  sql: string,
  signal?: AbortSignal,
): Promise<IncomingMessage> {
  return new Promise((done, fail) => {
    const request = send(`${engine_url}/?${parameters}`, {
      method: 'POST',
      agent: false,
      timeout: REQUEST_WAIT_MS,
      ...(signal && { signal }),
      headers: { ...headers, 'x-clickhouse-user': biUserName, 'x-clickhouse-key': engine_password },
    })
    request.once('response', done)
    request.once('timeout', () => request.destroy(new Error('ClickHouse is silent.')))
    request.once('error', fail)
    request.end(sql)
  })
}
