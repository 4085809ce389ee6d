import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { Random } from './random.ts'

/** What becomes of one request on its way to ClickHouse. */
export type Fault =
  | { kind: 'none' }
  /** The connection is closed at once. */
  | { kind: 'refuse' }
  /** Taken, and never answered. */
  | { kind: 'silence' }
  | { kind: 'delay'; wait_ms: number }
  /** Both sides are cut after so many bytes of the body. */
  | { kind: 'cut_request'; after_bytes: number }
  /** ClickHouse sees the body end too early, and its answer comes back. */
  | { kind: 'half_cut'; after_bytes: number }
  /** ClickHouse does its work, and nobody hears of it. */
  | { kind: 'swallow_answer' }
  /** ClickHouse does its work, and the answer breaks off. */
  | { kind: 'cut_answer' }
  /** An error in place of the answer: ClickHouse has done its work, or never heard of it. */
  | { kind: 'error'; is_done: boolean; status: 500 | 200 }
  /** The client is cut off, and ClickHouse gets the whole request so much later. */
  | { kind: 'late'; wait_ms: number }
  /** ClickHouse runs it under these settings: short of memory, or with reading alone allowed. */
  | { kind: 'settings'; settings: Record<string, string> }

export interface SeenRequest {
  /** The statement, where the address has it. */
  sql: string
  query_id: string
}

export interface FaultyProxy {
  url: string
  /** How often each fault happened. */
  readonly counts: Map<Fault['kind'], number>
  /** Says what becomes of the requests from now on. */
  decide(next: (seen: SeenRequest) => Fault): void
  /** Lets everything through, and ends what was left without an answer. */
  heal(): void
  /** Resolves when everything that was to come late has arrived. */
  settled(): Promise<void>
  stop(): Promise<void>
}

const errorText = 'Code: 241. DB::Exception: Memory limit (total) exceeded. (MEMORY_LIMIT_EXCEEDED)\n'

/** Stands before ClickHouse's HTTP port and breaks what it is told to break. */
export async function startFaultyProxy(target: string): Promise<FaultyProxy> {
  const { hostname, port } = new URL(target)
  const counts: FaultyProxy['counts'] = new Map()
  const silent = new Set<Socket>()
  const late = new Set<Promise<unknown>>()
  let next: (seen: SeenRequest) => Fault = () => ({ kind: 'none' })

  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '/', 'http://proxy')
    const fault = next({ sql: searchParams.get('query') ?? '', query_id: searchParams.get('query_id') ?? '' })
    counts.set(fault.kind, (counts.get(fault.kind) ?? 0) + 1)
    request.on('error', () => undefined)
    response.on('error', () => undefined)
    handle(fault, request, response).catch(() => request.socket.destroy())
  })

  async function handle(fault: Fault, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = request
    switch (fault.kind) {
      case 'none':
        return answerWith(await forward(request), response)
      case 'delay':
        await pause(fault.wait_ms)
        return answerWith(await forward(request), response)
      case 'settings':
        request.url = `${request.url}&${new URLSearchParams(fault.settings)}`
        return answerWith(await forward(request), response)
      case 'refuse':
        return void socket.destroy()
      case 'silence':
        silent.add(socket)
        return void request.resume()
      case 'cut_request':
        await forward(request, fault.after_bytes, 'both')
        return void socket.destroy()
      case 'half_cut':
        return answerWith(await forward(request, fault.after_bytes, 'upstream'), response)
      case 'swallow_answer':
        await bodyOf(await forward(request))
        return void socket.destroy()
      case 'cut_answer': {
        const upstream = await forward(request)
        const body = await bodyOf(upstream)
        response.writeHead(upstream.statusCode ?? 200, { ...upstream.headers, 'content-length': body.length + 100 })
        response.write(body.subarray(0, body.length >> 1), () => socket.destroy())
        return
      }
      case 'error':
        if (fault.is_done) await bodyOf(await forward(request))
        else await bodyOf(request)
        response.writeHead(fault.status, fault.status === 500 ? { 'x-clickhouse-exception-code': '241' } : {})
        return void response.end(errorText)
      case 'late': {
        const body = await bodyOf(request)
        socket.destroy()
        const arrival = pause(fault.wait_ms).then(() => replay(request, body))
        late.add(arrival)
        return void arrival.catch(() => undefined).finally(() => late.delete(arrival))
      }
    }
  }

  function open(request: IncomingMessage) {
    const { method, url, headers } = request
    return httpRequest({
      hostname,
      port,
      method,
      path: url,
      headers: { ...headers, connection: 'close' },
      agent: false,
    })
  }
  /** Passes the body on, whole or cut; resolves with the answer. */
  function forward(request: IncomingMessage, cut_at = Infinity, whom?: 'both' | 'upstream'): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const upstream = open(request)
      upstream.once('response', resolve).once('error', reject)
      request.once('aborted', () => whom !== 'upstream' && upstream.destroy())
      let passed = 0
      request.on('data', (bytes: Buffer) => {
        if (passed >= cut_at) return
        upstream.write(bytes.subarray(0, cut_at - passed))
        passed += bytes.length
        if (passed < cut_at) return
        if (whom === 'both') setTimeout(() => upstream.destroy(new Error('cut')), 5)
        // The end of the connection comes where the next piece of the body should.
        else upstream.write('', () => upstream.socket?.end())
      })
      request.once('end', () => passed < cut_at && upstream.end())
    })
  }
  async function replay(request: IncomingMessage, body: Buffer): Promise<void> {
    const upstream = open(request)
    const answered = new Promise<IncomingMessage>((resolve, reject) =>
      upstream.once('response', resolve).once('error', reject),
    )
    upstream.end(body)
    await bodyOf(await answered)
  }

  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    counts,
    decide(decision) {
      next = decision
    },
    heal() {
      next = () => ({ kind: 'none' })
      for (const socket of silent) socket.destroy()
      silent.clear()
    },
    async settled() {
      await Promise.allSettled(late)
    },
    async stop() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
      await Promise.allSettled(late)
    },
  }
}

/** Any fault that may meet any request: inserts, kills, counts, names. */
export function anyFault(random: Random): Fault {
  const after_bytes = random.whole(0, 20_000)
  return random.pick<() => Fault>([
    () => ({ kind: 'refuse' }),
    () => ({ kind: 'silence' }),
    () => ({ kind: 'delay', wait_ms: random.whole(0, 600) }),
    () => ({ kind: 'cut_request', after_bytes }),
    () => ({ kind: 'half_cut', after_bytes }),
    () => ({ kind: 'swallow_answer' }),
    () => ({ kind: 'cut_answer' }),
    () => ({ kind: 'error', is_done: random.chance(0.5), status: random.chance(0.5) ? 500 : 200 }),
    () => ({ kind: 'late', wait_ms: random.whole(0, 3_000) }),
  ])()
}

function answerWith(upstream: IncomingMessage, response: ServerResponse): void {
  response.writeHead(upstream.statusCode ?? 502, upstream.headers)
  upstream.on('error', () => response.destroy())
  upstream.pipe(response)
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
