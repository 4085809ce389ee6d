import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import helmet, { type FastifyHelmetOptions } from '@fastify/helmet'
import staticFiles from '@fastify/static'
import type { App } from '#shell/http.ts'

export interface DashboardOptions {
  /** What `vite build` made: index.html, and assets/ with hashed names. */
  folder: string
}

/** Addresses that the page's own router answers. `dashboard/router.tsx` has the same list. */
const pages = ['/', '/cross', '/persons', '/persons/:person', '/status', '/install', '/install/check']

/** Serves the dashboard, with strict headers that no other route gets: the tracker is loaded from other people's sites. */
export async function registerDashboard(app: App, { folder }: DashboardOptions): Promise<void> {
  await app.register(async (scope) => {
    await scope.register(helmet, headers)
    const isBuilt = existsSync(join(folder, 'index.html'))
    for (const path of pages) {
      scope.get(path, { schema: { hide: true } }, async (_, reply) =>
        reply
          .code(isBuilt ? 200 : 503)
          // The page names its assets by hash: an old copy of it would ask for files that are gone.
          .header('cache-control', 'no-cache')
          .type('text/html; charset=utf-8')
          // Read each time for the same reason: a build may come while the service runs.
          .send(isBuilt ? await readFile(join(folder, 'index.html')) : notBuilt),
      )
    }
    if (!isBuilt) return
    await scope.register(staticFiles, {
      root: join(folder, 'assets'),
      prefix: '/assets/',
      // Other parts may serve files too, and only one of them can decorate the reply.
      decorateReply: false,
      index: false,
      preCompressed: true,
      immutable: true,
      maxAge: '365d',
      schemaHide: true,
    })
  })
}

const headers: FastifyHelmetOptions = {
  contentSecurityPolicy: {
    useDefaults: false,
    // No `upgrade-insecure-requests`: an installation on plain HTTP would lose its scripts and styles.
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      // Mantine writes the variables of its components into style attributes.
      styleSrc: ["'self'", "'unsafe-inline'"],
      imgSrc: ["'self'", 'data:'],
      fontSrc: ["'self'"],
      connectSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
    },
  },
  xFrameOptions: { action: 'deny' },
  // Addresses name persons; they are nobody else's business.
  referrerPolicy: { policy: 'no-referrer' },
  // Whether this host and its subdomains are HTTPS alone is for the proxy in front to say.
  strictTransportSecurity: false,
  // Browsers ignore these two on plain HTTP, with an error in the console each time.
  crossOriginOpenerPolicy: false,
  originAgentCluster: false,
}

const notBuilt = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Throughline</title>
<style>body { max-width: 34rem; margin: 12vh auto; padding: 0 1rem; font: 16px/1.5 system-ui, sans-serif }</style>
<h1>The dashboard has not been built</h1>
<p>Everything else works: facts are accepted and the API answers. To have the pages as well, run
<code>npm run build</code> and start the service again.</p>
<p lang="ru">Дашборд не собран. Остальное работает. Выполните <code>npm run build</code> и запустите сервис снова.</p>
<p><a href="/docs">API reference</a></p>
</html>
`
