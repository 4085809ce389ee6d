import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import type { Server } from 'node:http'
import type { App } from './http.ts'

export interface Listening {
  /** Takes no more connections; cuts off what is still open after so long. */
  close(wait_ms: number): Promise<void>
}

/**
 * Listens on every address of `localhost`, which may have two, and programs try either; else on the one address named.
 * Rejects with the system's error code when an address cannot be had.
 */
export async function listenOn(app: App, { host, port }: { host: string; port: number }): Promise<Listening> {
  const [first = host, ...others] = host === 'localhost' ? await addressesOf(host) : [host]
  await app.listen({ host: first, port })
  const servers = [app.server]
  const listening = { close: (wait_ms: number) => closeAll(app, servers, wait_ms) }
  try {
    for (const address of others) {
      const server = await listenToo(app, address, port)
      if (server) servers.push(server)
    }
  } catch (error) {
    await listening.close(0)
    throw error
  }
  return listening
}

async function addressesOf(host: string): Promise<string[]> {
  const found = await lookup(host, { all: true })
  return [...new Set(found.map(({ address }) => address))]
}

/** Undefined where this machine has a name for the address but not the address. */
async function listenToo(app: App, host: string, port: number): Promise<Server | undefined> {
  const server = app.anotherServer()
  try {
    server.listen({ host, port })
    await once(server, 'listening')
    return server
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (['EADDRNOTAVAIL', 'EAFNOSUPPORT'].includes(code)) return undefined
    throw error
  }
}

async function closeAll(app: App, servers: readonly Server[], wait_ms: number): Promise<void> {
  const giveUp = setTimeout(() => {
    for (const server of servers) server.closeAllConnections()
  }, wait_ms)
  const [, ...others] = servers
  const closed = others.map((server) => new Promise<void>((done) => server.close(() => done())))
  await app.close()
  await Promise.all(closed)
  clearTimeout(giveUp)
}
