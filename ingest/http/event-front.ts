import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { writeReceipt } from '#ingest/wire/receipt.ts'
import { Failure } from '#shell/failure.ts'
import { answerFailure } from '#shell/failure-answer.ts'
import type { App } from '#shell/http.ts'
import type { AddressRate } from './address-rate.ts'
import { browserBodies, documentOf, isPlainDocument } from './body.ts'
import type { Sender } from './event-batch.ts'
import { originHeaders, senderHost } from './origin.ts'
import { type EventDeps, takeEvents } from './take-events.ts'

export interface EventFrontDeps extends EventDeps {
  rate?: AddressRate
}

const PATH = '/v1/events'

/**
 * POST /v1/events as browsers send it, before the framework: what that does for a request costs as much as all of ours.
 * Only who may ask and how it is said is here, by the same functions as in the route; whatever is out of the ordinary (a
 * token, an import, a body to unpack, an address that asks too often, a service that closes) is left to the route.
 */
export function eventFront(app: App, deps: EventFrontDeps): void {
  let isClosing = false
  app.addHook('preClose', (done) => {
    isClosing = true
    done()
  })
  const { addressOf, door } = app.fronts
  app.fronts.list.push((request, response) => {
    if (isClosing || request.url !== PATH || request.method !== 'POST') return false
    const { headers } = request
    if (headers.authorization !== undefined || !isPlainDocument(headers, browserBodies)) return false
    const address = addressOf(request)
    const counted = deps.rate ? deps.rate.admit(address, Date.now()) : none
    if (!counted) return false
    readDocument(request, (bytes) => {
      door.leave(request)
      const told = ['x-content-type-options', 'nosniff', ...originHeaders(headers, deps.sites), ...counted]
      const answer = (status: number, text: string) => {
        if (isClosing) told.push('connection', 'close')
        send(response, status, told, text)
      }
      const fail = (error: unknown) => {
        const { status, retry_after, body } = answerFailure(error, { log: app.log, path: PATH })
        if (retry_after !== undefined) told.push('retry-after', retry_after)
        answer(status, JSON.stringify(body))
      }
      const body = documentOf(bytes)
      if (body instanceof Failure) return fail(body)
      told.push('cache-control', 'no-store')
      const sender = browserOf(headers, address, deps.now())
      const setCookie = (cookie: string) => told.push('set-cookie', cookie)
      takeEvents(body, sender, deps, setCookie).then((receipt) => answer(202, writeReceipt(receipt)), fail)
    })
    return true
  })
}

function browserOf(headers: IncomingHttpHeaders, address: string, received_at: number): Sender {
  const user_agent = headers['user-agent'] ?? ''
  return { host: senderHost(headers), address, user_agent, headers, hasToken: false, access: undefined, received_at }
}

const none: readonly string[] = []

/** Of a request that breaks off nothing comes: nobody is there to be answered. */
function readDocument(request: IncomingMessage, done: (bytes: Buffer) => void): void {
  let first: Buffer | undefined
  let more: Buffer[] | undefined
  request.on('data', (chunk: Buffer) => {
    if (!first) first = chunk
    else if (more) more.push(chunk)
    else more = [first, chunk]
  })
  request.on('end', () => done(more ? Buffer.concat(more) : (first ?? Buffer.alloc(0))))
}

function send(response: ServerResponse, status: number, told: string[], text: string): void {
  const length = String(Buffer.byteLength(text))
  told.push('content-type', 'application/json; charset=utf-8', 'content-length', length)
  response.writeHead(status, told).end(text)
}
