import type { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { answerSocket } from './answer-socket.ts'

/**
 * Cuts off bodies that do not come. Strangers have a deadline for the whole body; who has shown a token may send for
 * hours, as long as bytes keep coming while we are ready for them. What comes after the answer is for nobody, and is
 * read for a moment only, so that its sender can finish and hear the answer.
 */
export interface SlowBodies {
  /** Called when the headers are there. */
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

interface Watched {
  response: ServerResponse
  is_trusted: boolean
  is_answered: boolean
  looks: number
  idle_looks: number
  socket_bytes: number
}

export function openSlowBodies(limits: Partial<SlowBodyLimits> = {}): SlowBodies {
  const { look_ms, ...most } = { ...usual, ...limits }
  const watched = new Map<IncomingMessage, Watched>()
  const timer = setInterval(() => {
    for (const [request, body] of watched) {
      if (request.complete || request.destroyed) watched.delete(request)
      else if (isTooSlow(request, body, most)) {
        watched.delete(request)
        cutOff(request, body)
      }
    }
  }, look_ms)
  timer.unref()
  return {
    watch(request, response) {
      // One that was put in by hand (`inject`) has no connection to cut, and never says that it is whole.
      if (!hasBody(request) || !(request.socket instanceof Socket)) return
      const counts = { looks: 0, idle_looks: 0, socket_bytes: 0 }
      watched.set(request, { response, is_trusted: false, is_answered: false, ...counts })
    },
    trust(request) {
      const body = watched.get(request)
      if (body) body.is_trusted = true
    },
    answered(request) {
      const body = watched.get(request)
      if (!body) return
      if (request.complete) watched.delete(request)
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

function isTooSlow(request: IncomingMessage, body: Watched, limits: Omit<SlowBodyLimits, 'look_ms'>): boolean {
  body.looks += 1
  if (body.is_answered) return body.looks > limits.rest_looks_max
  if (!body.is_trusted) return body.looks > limits.whole_looks_max
  const bytes = request.socket.bytesRead
  // Bytes that lie here unread are our own slowness.
  const isMoving = bytes - body.socket_bytes >= BYTES_A_LOOK_MIN || request.readableLength > 0
  body.idle_looks = isMoving ? 0 : body.idle_looks + 1
  body.socket_bytes = bytes
  return body.idle_looks > limits.idle_looks_max
}

function cutOff({ socket }: IncomingMessage, { response, is_trusted }: Watched): void {
  // An answer that has begun, or one that is to come before this one, would be spoilt by another.
  const isFree = !response.headersSent && response.socket === socket
  if (!isFree) return void socket.destroy()
  const message = is_trusted ? 'The body stopped coming.' : 'The body came too slowly.'
  answerSocket(socket, { status: 408, code: 'too_slow', message })
}
