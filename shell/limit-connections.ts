import { readFileSync } from 'node:fs'
import type { Server } from 'node:net'
import { answerSocket } from './answer-socket.ts'
import { oneSender } from './sender-address.ts'

export interface ConnectionLimits {
  all_max: number
  per_address_max: number
  /** Proxies bring the connections of many. */
  isProxy(address: string): boolean
}

export const PER_ADDRESS_MAX = 2000

/** Connections cost descriptors, and the log needs some to write: one address may not take them all. */
export function limitConnections(server: Server, { all_max, per_address_max, isProxy }: ConnectionLimits): void {
  server.maxConnections = all_max
  const open = new Map<string, number>()
  server.on('connection', (socket) => {
    const { remoteAddress } = socket
    if (remoteAddress === undefined || isProxy(remoteAddress)) return
    const address = oneSender(remoteAddress)
    const count = open.get(address) ?? 0
    if (count >= per_address_max) {
      const message = 'Too many connections from this address.'
      return answerSocket(socket, { status: 429, code: 'rate_limited', message, retry_after_s: 10 })
    }
    open.set(address, count + 1)
    socket.once('close', () => {
      const left = (open.get(address) ?? 1) - 1
      if (left > 0) open.set(address, left)
      else open.delete(address)
    })
  })
}

const CONNECTIONS_MAX = 10_000

/** Half of what the system allows, so that files can always be opened. */
export function connectionsMax(): number {
  try {
    const found = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
    return found === undefined ? CONNECTIONS_MAX : Math.min(CONNECTIONS_MAX, Math.floor(Number(found) / 2))
  } catch {
    return CONNECTIONS_MAX // Not Linux.
  }
}
