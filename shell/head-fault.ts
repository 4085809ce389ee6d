import type { IncomingMessage } from 'node:http'
import { Failure } from './failure.ts'

/** A browser behind a few proxies sends thirty. */
const HEADERS_MAX = 200

/** Finds headers that Node lets through and nobody honest sends; more than it keeps would be left out unseen. */
export function headFault({ headers, rawHeaders, httpVersion }: IncomingMessage): Failure | undefined {
  if (rawHeaders.length > 2 * HEADERS_MAX) {
    return new Failure('too_large', `The request has more than ${HEADERS_MAX} headers.`)
  }
  if (headers.host === undefined && httpVersion === '1.1') {
    return new Failure('bad_request', 'The header Host is missing.', { field: 'host' })
  }
  return undefined
}
