import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'

/**
 * Answers one JSON object a line, as fast as the reader takes them. The first rows are read before the answer begins, so
 * that a failure until then is an ordinary error; a later one destroys the socket, and is never mistaken for the end.
 */
export async function sendLines<Row>(
  reply: FastifyReply,
  rows: AsyncIterable<Row[]>,
  shape: (row: Row) => object,
): Promise<FastifyReply> {
  const iterator = rows[Symbol.asyncIterator]()
  const first = await iterator.next()
  reply.header('content-type', 'application/x-ndjson; charset=utf-8').header('cache-control', 'no-store')
  return reply.send(Readable.from(lines(first, iterator, shape), { objectMode: false, highWaterMark: 64 * 1024 }))
}

async function* lines<Row>(
  first: IteratorResult<Row[]>,
  iterator: AsyncIterator<Row[]>,
  shape: (row: Row) => object,
): AsyncGenerator<Buffer> {
  try {
    for (let next = first; !next.done; next = await iterator.next()) {
      if (next.value.length > 0) yield Buffer.from(next.value.map((row) => `${JSON.stringify(shape(row))}\n`).join(''))
    }
  } finally {
    // A reader who hangs up ends the query too.
    await iterator.return?.()
  }
}
