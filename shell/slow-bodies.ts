import type { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { answerSocket } from './answer-socket.ts'

/**
 * Cuts off bodies that do not come. Strangers have a deadline for the whole body; who has shown a token may send for
 * hours, as long as bytes keep coming while we are ready for them. What comes after the answer is for nobody, and is
 * read for a moment only, so that its sender can finish and hear the answer.
 */
export interface SlowBodies {
  /** Called when the headers are there; once more does nothing. */
  watch(request: IncomingMessage, response: ServerResponse): void
  /** The sender has shown a valid token. */
  trust(request: IncomingMessage): void
  answered(request: IncomingMessage): void
  close(): void
}

export interface SlowBodyLimits {
  /** A look at all open bodies; the other limits are counted in looks. */
  look_ms: number
  whole_looks_max: number
  idle_looks_max: number
  rest_looks_max: number
}

const usual: SlowBodyLimits = { look_ms: 1000, whole_looks_max: 15, idle_looks_max: 30, rest_looks_max: 15 }

/** Fewer bytes between two looks are as good as none: a byte a second would hold a connection for ever. */
const BYTES_A_LOOK_MIN = 64

interface Body {
  request: IncomingMessage
  response: ServerResponse
  /** Where it stands among those that are watched, or -1. */
  place: number
  is_trusted: boolean
  is_answered: boolean
  looks: number
  idle_looks: number
  socket_bytes: number
}

const bodyOf = Symbol('the body of a request, to those who watch for slow ones')
type Watched = IncomingMessage & { [bodyOf]?: Body }

export function openSlowBodies(limits: Partial<SlowBodyLimits> = {}): SlowBodies {
  const { look_ms, ...most } = { ...usual, ...limits }
  // No Map: the tables it leaves behind as requests come and go hold each other, and all those requests, until the next
  // collection of everything.
  const watched: Body[] = []
  const leave = (body: Body) => {
    if (body.place < 0) return
    const last = watched.pop() as Body
    if (last !== body) {
      watched[body.place] = last
      last.place = body.place
    }
    body.place = -1
  }
  const timer = setInterval(() => {
    // From the end, where one that leaves is followed by one that was looked at.
    for (let place = watched.length - 1; place >= 0; place--) {
      const body = watched[place] as Body
      const { request } = body
      if (request.complete || request.destroyed) leave(body)
      else if (isTooSlow(body, most)) {
        leave(body)
        cutOff(body)
      }
    }
  }, look_ms)
  timer.unref()
  return {
    watch(request: Watched, response) {
      // One that was put in by hand (`inject`) has no connection to cut, and never says that it is whole.
      if (!hasBody(request) || !(request.socket instanceof Socket) || request[bodyOf]) return
      const body = {
        request,
        response,
        place: watched.length,
        is_trusted: false,
        is_answered: false,
        looks: 0,
        idle_looks: 0,
        socket_bytes: 0,
      }
      watched.push(body)
      request[bodyOf] = body
    },
    trust(request: Watched) {
      const body = request[bodyOf]
      if (body) body.is_trusted = true
    },
    answered(request: Watched) {
      const body = request[bodyOf]
      if (!body) return
      if (request.complete) leave(body)
      body.is_answered = true
      body.looks = 0
    },
    close: () => clearInterval(timer),
  }
}

function hasBody({ headers }: IncomingMessage): boolean {
  const length = headers['content-length']
  return (length !== undefined && length !== '0') || headers['transfer-encoding'] !== undefined
}

function isTooSlow(body: Body, limits: Omit<SlowBodyLimits, 'look_ms'>): boolean {
  body.looks += 1
  if (body.is_answered) return body.looks > limits.rest_looks_max
  if (!body.is_trusted) return body.looks > limits.whole_looks_max
  const { request } = body
  const bytes = request.socket.bytesRead
  // Bytes that lie here unread are our own slowness.
  const isMoving = bytes - body.socket_bytes >= BYTES_A_LOOK_MIN || request.readableLength > 0
  body.idle_looks = isMoving ? 0 : body.idle_looks + 1
  body.socket_bytes = bytes
  return body.idle_looks > limits.idle_looks_max
}

function cutOff({ request: { socket }, response, is_trusted }: Body): void {
  // An answer that has begun, or one that is to come before this one, would be spoilt by another.
  const isFree = !response.headersSent && response.socket === socket
  if (!isFree) return void socket.destroy()
  const message = is_trusted ? 'The body stopped coming.' : 'The body came too slowly.'
  answerSocket(socket, { status: 408, code: 'too_slow', message })
}
