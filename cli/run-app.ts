import type { App } from '#shell/http.ts'
import { type Listening, listenOn } from '#shell/listen.ts'
import type { Config } from './config.ts'

export interface HttpService {
  listen(): Promise<void>
  /** Takes no more connections, and waits so long for the requests that are open. */
  close(requests_wait_ms?: number): Promise<void>
}

/** A request still open then is cut off: a reader that has stalled must not hold up the stop. */
const CLOSE_MS = 5_000

/** Puts the app on its port, and takes it off again. */
export function runApp(app: App, config: Config): HttpService {
  let listening: Promise<Listening> | undefined
  return {
    async listen() {
      listening = listen(app, config)
      await listening
    },
    async close(requests_wait_ms = CLOSE_MS) {
      const open = await listening?.catch(() => undefined)
      await (open ? open.close(requests_wait_ms) : app.close())
    },
  }
}

async function listen(app: App, { PORT: port, HOST: host }: Config): Promise<Listening> {
  try {
    return await listenOn(app, { host, port })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const why = code === undefined ? undefined : listenTroubles[code]
    throw why === undefined ? error : new Error(`Cannot listen on ${host}, port ${port}: ${why}`, { cause: error })
  }
}

const listenTroubles: Record<string, string> = {
  EADDRINUSE: 'another program has it. Stop that one, or set PORT to another.',
  EACCES: 'not allowed. Set PORT to 1024 or more.',
  EADDRNOTAVAIL: 'this machine has no such address. Set HOST to one it has, or to 0.0.0.0.',
  ENOTFOUND: 'there is no such name. Set HOST to an address of this machine.',
  EAI_AGAIN: 'the name cannot be resolved. Set HOST to an address of this machine.',
}
