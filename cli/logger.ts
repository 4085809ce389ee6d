import type { FastifyBaseLogger } from 'fastify'
import { pino } from 'pino'

export type Logger = FastifyBaseLogger

/** JSON lines on standard output. Never a phone, an email, a token or a body: callers log ids and codes. */
export function openLogger(level: string): Logger {
  const output = pino.destination({ fd: 1, sync: true })
  // A terminal that was closed takes no more lines; thrown, that would keep the service from ending.
  output.on('error', () => {})
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, output) as FastifyBaseLogger
}
