import type { FastifyBaseLogger } from 'fastify'
import { pino } from 'pino'

export type Logger = FastifyBaseLogger

/** JSON lines on standard output. Never a phone, an email, a token or a body: callers log ids and codes. */
export function openLogger(level: string): Logger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }) as FastifyBaseLogger
}
