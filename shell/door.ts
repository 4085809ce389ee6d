import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { connectionsMax, limitConnections, PER_ADDRESS_MAX } from './limit-connections.ts'
import { openNetworks, openSenderAddress } from './sender-address.ts'
import { openSlowBodies, type SlowBodyLimits } from './slow-bodies.ts'

/** What every request and connection passes, whoever answers it then. */
export interface Door {
  /** Called first: what is read after this, `X-Forwarded-For` among it, may be believed, and the body is watched. */
  enter(request: IncomingMessage, response: ServerResponse): void
  /** The sender has shown a valid token. */
  trust(request: IncomingMessage): void
  /** The request is answered. */
  leave(request: IncomingMessage): void
  /** Called for each server that listens. */
  guard(server: Server): void
  close(): void
}

/** Limits that a test wants to reach sooner than the world does. */
export interface DoorLimits {
  slow_bodies?: Partial<SlowBodyLimits>
  connections_per_address?: number
}

export function openDoor(proxies: readonly string[], limits: DoorLimits): Door {
  const isProxy = openNetworks(proxies)
  const senderAddress = openSenderAddress(isProxy)
  const bodies = openSlowBodies(limits.slow_bodies)
  const per_address_max = limits.connections_per_address ?? PER_ADDRESS_MAX
  return {
    enter(request, response) {
      bodies.watch(request, response)
      const { headers, socket } = request
      const forwarded = headers['x-forwarded-for']
      if (forwarded === undefined || proxies.length === 0) return
      headers['x-forwarded-for'] = senderAddress(socket.remoteAddress, String(forwarded))
    },
    trust: bodies.trust,
    leave: bodies.answered,
    guard: (server) => limitConnections(server, { all_max: connectionsMax(), per_address_max, isProxy }),
    close: bodies.close,
  }
}
