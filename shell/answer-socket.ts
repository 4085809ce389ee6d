import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FailureCode } from './failure.ts'

/** A failure in the shape of all others, where there is no request to answer; then the connection ends. */
export function answerSocket(
  socket: Socket,
  {
    status,
    code,
    message,
    retry_after_s,
  }: { status: number; code: FailureCode; message: string; retry_after_s?: number },
): void {
  if (!socket.writable) return void socket.destroy()
  const body = JSON.stringify({ error: { code, message } })
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Connection: close',
    'Content-Type: application/json; charset=utf-8',
    'X-Content-Type-Options: nosniff',
    ...(retry_after_s === undefined ? [] : [`Retry-After: ${retry_after_s}`]),
    `Content-Length: ${Buffer.byteLength(body)}`,
  ]
  // Half of a connection would be held open for as long as the other side likes.
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroySoon())
}
