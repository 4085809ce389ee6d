import type { IncomingMessage } from 'node:http'
import { Failure } from './failure.ts'

/** A browser behind a few proxies sends thirty. */
const HEADERS_MAX = 200

/** Throws for headers that Node lets through and nobody honest sends; more than it keeps would be left out unseen. */
export function refuseHead({ headers, rawHeaders, httpVersion }: IncomingMessage): void {
  if (rawHeaders.length > 2 * HEADERS_MAX) {
    throw new Failure('too_large', `The request has more than ${HEADERS_MAX} headers.`)
  }
  if (headers.host === undefined && httpVersion === '1.1') {
    throw new Failure('bad_request', 'The header Host is missing.', { field: 'host' })
  }
}
