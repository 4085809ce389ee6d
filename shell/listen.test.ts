import { once } from 'node:events'
import { Agent, createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pino } from 'pino'
import { afterEach, describe, expect, test } from 'vitest'
import { freePort } from '#tests/support/running-service.ts'
import { type App, createApp } from './http.ts'
import { listenOn } from './listen.ts'

function makeApp(): App {
  const log = pino({ level: 'silent' }) as unknown as Parameters<typeof createApp>[0]['log']
  const app = createApp({ log, trustProxy: [], authorize: () => undefined })
  app.get('/hello', () => 'hello')
  return app
}

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

async function ask(host: string, port: number): Promise<number | undefined> {
  const [answer] = await once(get({ host, port, path: '/hello', agent: false }), 'response')
  answer.resume()
  return answer.statusCode
}

describe('a service that listens', () => {
  test('is found under one address', async () => {
    const port = await freePort()
    const listening = await listenOn(makeApp(), { host: '127.0.0.1', port })
    closers.push(() => listening.close(0))
    expect(await ask('127.0.0.1', port)).toBe(200)
  })

  test('has a second server with the same routes, and the same manners, for a second address', async () => {
    const app = makeApp()
    await app.listen({ host: '127.0.0.1', port: 0 })
    const second = app.anotherServer().listen(0, '127.0.0.1')
    await once(second, 'listening')
    closers.push(() => new Promise((done) => second.close(done)))
    closers.push(() => app.close())
    expect(await ask('127.0.0.1', (second.address() as AddressInfo).port)).toBe(200)
    expect(second.listenerCount('clientError')).toBe(app.server.listenerCount('clientError'))
    expect(second.headersTimeout).toBe(app.server.headersTimeout)
  })

  test('under the name localhost answers on every address of that name, and leaves none behind', async () => {
    const port = await freePort()
    const listening = await listenOn(makeApp(), { host: 'localhost', port })
    expect(await ask('127.0.0.1', port)).toBe(200)
    await listening.close(0)
    await expect(ask('127.0.0.1', port)).rejects.toThrow(/ECONNREFUSED/)
  })

  test('waits for no connection whose last request it has answered', async () => {
    const app = makeApp()
    let answer: () => void = () => {}
    const asked = new Promise<void>((isAsked) => {
      app.get('/slow', async () => {
        isAsked()
        await new Promise<void>((done) => (answer = done))
        return 'done'
      })
    })
    const closing = new Promise<void>((isClosing) => {
      app.addHook('preClose', async () => isClosing())
    })
    const port = await freePort()
    const listening = await listenOn(app, { host: '127.0.0.1', port })
    const agent = new Agent({ keepAlive: true })
    closers.push(async () => agent.destroy())
    const answered = once(get({ host: '127.0.0.1', port, path: '/slow', agent }), 'response')
    await asked
    const closed = listening.close(600_000)
    await closing
    answer()
    const [response] = await answered
    response.resume()
    expect(response.headers.connection).toBe('close')
    await closed
  })

  test('says which trouble keeps it from its port', async () => {
    const port = await freePort()
    const other = createServer().listen(port, '127.0.0.1')
    await once(other, 'listening')
    closers.push(() => new Promise((done) => other.close(done)))
    const app = makeApp()
    closers.push(() => app.close())
    await expect(listenOn(app, { host: 'localhost', port })).rejects.toThrow(/EADDRINUSE/)
  })
})
