import type { App } from '#shell/http.ts'

/** GET /t/throughline.d.ts: what a page may call, for those who write it in TypeScript. */
export function serveDeclarations(app: App, declarations: string): void {
  app.get('/t/throughline.d.ts', { schema: { hide: true } }, (_, reply) =>
    reply
      // Browsers would take `.d.ts` for a film.
      .header('content-type', 'text/plain; charset=utf-8')
      .header('x-content-type-options', 'nosniff')
      .header('access-control-allow-origin', '*')
      .header('cache-control', 'public, max-age=300')
      .send(declarations),
  )
}
