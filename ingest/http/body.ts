import { isAscii, isUtf8 } from 'node:buffer'
import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import { createBrotliDecompress, createGunzip } from 'node:zlib'
import type { FastifyRequest } from 'fastify'
import { Failure } from '#shell/failure.ts'
import type { App } from '#shell/http.ts'
import { type HeldBody, openBodyRoom, SMALL_BODY_BYTES, UNPACKER_BYTES } from './body-room.ts'

const MB = 1024 ** 2

/** The most bytes of a body, once decompressed, by shape. A shape that is left out is refused. */
export interface BodyLimits {
  json: number
  ndjson?: number
  csv?: number
  /** JSON under the name `text/plain`, which browsers send without asking first. */
  text?: number
}

export const tokenBodies = { json: 16 * MB, ndjson: 64 * MB } as const satisfies BodyLimits
export const tableBodies = { ...tokenBodies, csv: 64 * MB } as const satisfies BodyLimits
/** A long import is read as it comes, however long; its lines have a limit. */
export const importBodies = { json: 0, ndjson: Number.POSITIVE_INFINITY } as const satisfies BodyLimits
export const browserBodies = { json: MB / 2, ndjson: MB / 2, text: MB / 2 } as const satisfies BodyLimits

/** A body that fits into memory whole, or one that is read as it comes. */
export type Body =
  | { shape: 'json'; text: string }
  | {
      shape: 'ndjson' | 'csv'
      chunks: AsyncIterable<Buffer>
      /** For who will not read it, or not to its end. */
      giveUp(): void
    }

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What bodies the route takes from this request. */
    bodies?: (request: FastifyRequest) => BodyLimits
  }
}

/**
 * Reads the bodies of a scope's routes. Not the framework's own parsers: those count bytes before decompression, know no
 * NDJSON, and hold everything in memory.
 */
export function readBodies(scope: App): void {
  const room = openBodyRoom()
  const holding = new WeakMap<FastifyRequest, HeldBody>()
  scope.removeAllContentTypeParsers()
  // Whoever has shown a token may fill the memory of their own service.
  scope.addHook('onRequest', (request, reply, done) => {
    if (!request.access) {
      const held = room.enter()
      holding.set(request, held)
      // Of one that is answered before it has come, the request never says that it is over; of one that breaks off behind
      // another, the answer does not.
      request.raw.once('close', held.leave)
      reply.raw.once('close', held.leave)
    }
    done()
  })
  // Fastify closes the connection under a body that it refuses, and a sender in the middle of one finds a reset where the
  // answer was. What is still to come passes by unread, for as long as the request may take.
  scope.addHook('onSend', (request, reply, payload, done) => {
    if (!request.raw.complete && !request.raw.destroyed) reply.removeHeader('connection')
    done(null, payload)
  })
  // Named as well: what falls to `*` is looked for anew in every request.
  scope.addContentTypeParser([...shapes.keys(), '*'], (request, raw, done) => {
    const limits = request.routeOptions.config.bodies?.(request) ?? { json: 0 }
    const shape = shapeOf(request.headers['content-type'] ?? '')
    const limit = shape && limits[shape]
    if (!limit) throw wrongType(limits)
    const length = Number(request.headers['content-length'])
    if (length > limit) throw tooLarge(limit)
    const source = decompressed(raw, request.headers['content-encoding'], holding.get(request))
    if (shape === 'ndjson' || shape === 'csv') {
      done(null, { shape, chunks: limited(source, limit), giveUp: source.giveUp })
    } else collect(source, limit, done)
  })
}

/** A document that has been read whole; the failure when it is no text. */
export function documentOf(bytes: Buffer): (Body & { shape: 'json' }) | Failure {
  // Most are ASCII, which is read in a fraction of the time.
  if (isAscii(bytes)) return { shape: 'json', text: bytes.toString('latin1') }
  if (isUtf8(bytes)) return { shape: 'json', text: textOf(bytes) }
  return new Failure('bad_request', 'The body is not UTF-8.', { field: 'body' })
}

/**
 * Whether a request brings one document as browsers send it: as long as it says, not compressed, of a type that is taken,
 * and so small that it takes no room while it comes.
 */
export function isPlainDocument(headers: IncomingHttpHeaders, limits: BodyLimits): boolean {
  if (headers['content-encoding'] !== undefined || headers['transfer-encoding'] !== undefined) return false
  const shape = shapeOf(headers['content-type'] ?? '')
  const limit = shape === 'json' || shape === 'text' ? limits[shape] : undefined
  return limit !== undefined && Number(headers['content-length']) <= Math.min(limit, SMALL_BODY_BYTES)
}

/** What a caller is told when their body cannot be read; other errors as they are. */
export function readFailure(error: unknown): unknown {
  const { code } = error as { code?: unknown }
  if (error instanceof Failure || typeof code !== 'string') return error
  if (/^(Z_|ERR__ERROR_|ERR_BROTLI_|ERR_PADDING)/.test(code)) {
    return new Failure('bad_request', 'The body is not what its content-encoding says.', {
      field: 'body',
      cause: error,
    })
  }
  if (code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE') return brokenOff(error)
  return error
}

const shapes = new Map<string, keyof BodyLimits>([
  ['application/json', 'json'],
  ['text/plain', 'text'],
  ['application/x-ndjson', 'ndjson'],
  ['application/ndjson', 'ndjson'],
  ['text/csv', 'csv'],
])

function shapeOf(contentType: string): keyof BodyLimits | undefined {
  return shapes.get(contentType) ?? shapeOfLong(contentType)
}

/** Of a content type with parameters, or in capitals. */
function shapeOfLong(contentType: string): keyof BodyLimits | undefined {
  const [type = '', ...parameters] = contentType.toLowerCase().split(';')
  const charset = parameters.map((parameter) => /^\s*charset="?([^"\s]+)/.exec(parameter)?.[1]).find(Boolean)
  return charset === undefined || charset === 'utf-8' || charset === 'utf8' ? shapes.get(type.trim()) : undefined
}

interface Source {
  stream: Readable
  held: HeldBody | undefined
  /** What has come so far, before it was unpacked. */
  packed_bytes(): number
  /** Reads no further, and lets the rest of the request pass by: its sender listens only once it has sent all. */
  giveUp(): void
}

function decompressed(raw: Readable, named: string | undefined, held: HeldBody | undefined): Source {
  const encoding = named?.trim().toLowerCase()
  if (!encoding || encoding === 'identity') {
    return { stream: raw, held, packed_bytes: () => Number.POSITIVE_INFINITY, giveUp: () => raw.resume() }
  }
  if (encoding !== 'gzip' && encoding !== 'x-gzip' && encoding !== 'br') {
    throw new Failure('unsupported_type', 'Use gzip, br or no content-encoding.', { field: 'content-encoding' })
  }
  if (held && !held.grow(UNPACKER_BYTES)) throw noRoom()
  const stream = encoding === 'br' ? createBrotliDecompress() : createGunzip()
  // No `pipeline`: when the body proves too large it would destroy the socket, and with it the answer that says so.
  raw.on('error', (error) => stream.destroy(error))
  raw.on('close', () => {
    if (!raw.readableEnded) stream.destroy(brokenOff())
  })
  stream.on('error', () => raw.unpipe(stream).resume())
  raw.pipe(stream)
  return {
    stream,
    held,
    packed_bytes: () => stream.bytesWritten,
    giveUp() {
      raw.unpipe(stream).resume()
      stream.destroy()
    },
  }
}

/** Reads a document whole. */
function collect(
  { stream, held, giveUp }: Source,
  limit: number,
  done: (error: Error | null, body?: Body) => void,
): void {
  const chunks: Buffer[] = []
  let length = 0
  const refusalOf = (chunk: Buffer) => {
    if (length > limit) return tooLarge(limit)
    return held?.grow(chunk.length) === false ? noRoom() : undefined
  }
  const take = (chunk: Buffer) => {
    length += chunk.length
    chunks.push(chunk)
    const refusal = refusalOf(chunk)
    if (!refusal) return
    chunks.length = 0
    stream.off('data', take)
    giveUp()
    finish(refusal)
  }
  let isDone = false
  const finish = (error: Error | null, body?: Body) => {
    if (isDone) return
    isDone = true
    done(error, body)
  }
  stream.on('data', take)
  stream.on('end', () => {
    if (isDone) return
    const body = documentOf(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, length))
    if (body instanceof Failure) finish(body)
    else finish(null, body)
  })
  stream.on('error', (error) => finish(readFailure(error) as Error))
  stream.on('close', () => {
    if (!stream.readableEnded) finish(brokenOff())
  })
}

/** What has no limit of its own may not be made of nothing: facts pack to a tenth or a fiftieth. */
const UNPACKED_TIMES_MAX = 300
const PACKED_FREELY = 64 * MB

async function* limited({ stream, held, giveUp, packed_bytes }: Source, limit: number): AsyncGenerator<Buffer> {
  let length = 0
  try {
    // The socket outlives this loop: it still has to carry the answer.
    for await (const chunk of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      length += chunk.length
      if (length > limit) throw tooLarge(limit)
      if (held?.grow(chunk.length) === false) throw noRoom()
      if (length > PACKED_FREELY && length > packed_bytes() * UNPACKED_TIMES_MAX) throw unpacksWithoutEnd()
      yield chunk
    }
  } finally {
    if (!stream.readableEnded) giveUp()
  }
}

function textOf(bytes: Buffer): string {
  const text = bytes.toString()
  return text.startsWith('\uFEFF') ? text.slice(1) : text
}

function brokenOff(cause?: unknown): Failure {
  return new Failure('bad_request', 'The request broke off.', { field: 'body', cause })
}

function tooLarge(limit: number): Failure {
  return new Failure('too_large', `The body is larger than ${limit} bytes (counted after decompression).`, {
    field: 'body',
  })
}

function noRoom(): Failure {
  return new Failure('busy', 'Too many large bodies are on their way. Small ones are taken.', { retry_after_s: 15 })
}

function unpacksWithoutEnd(): Failure {
  return new Failure('too_large', `The body unpacks to more than ${UNPACKED_TIMES_MAX} times what was sent.`, {
    field: 'body',
  })
}

function wrongType(limits: BodyLimits): Failure {
  const taken = [...shapes].filter(([, shape]) => (limits[shape] ?? 0) > 0).map(([type]) => type)
  return new Failure('unsupported_type', `Send ${taken.join(', ')}, in UTF-8.`, { field: 'content-type' })
}
