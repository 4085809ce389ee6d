import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import type { App } from '#shell/http.ts'
import type { Settings } from '#storage/settings/settings.ts'
import { AIDS, featuresOf, keyOf, type Trackers } from '../features.ts'
import { chooseEncoding, type Packed, precompress } from '../precompress.ts'
import { publicSettings } from '../public-settings.ts'
import { renderScript } from '../render-script.ts'

export interface CdnDeps {
  settings: Settings
  /** The built trackers, as `buildTrackers` makes them. */
  trackers: Trackers
}

// A change reaches every page within five minutes; a day of «stale while revalidate» keeps pages fast, and alive when we are not.
const CACHE = 'public, max-age=300, stale-while-revalidate=86400, stale-if-error=86400'
// Short: the snippet is often pasted a minute before the site is made.
const CACHE_UNKNOWN = 'public, max-age=30'

const AIDS_END = `.${AIDS}`

/** GET /t/{site}.js and /t/{site}.aids.js: the tracker, and its aids, with the site's public settings inside. */
export function registerCdn(app: App, deps: CdnDeps): void {
  const scriptOf = cachedScripts(deps)
  const schema = { params: z.object({ site: z.string().max(64 + AIDS_END.length) }) }

  app.get('/t/:site.js', { schema }, async ({ params, headers }, reply) => {
    reply
      .header('content-type', 'text/javascript; charset=utf-8')
      .header('vary', 'Accept-Encoding')
      .header('x-content-type-options', 'nosniff')
      // Pages of other origins load it, also those that ask for CORP or load scripts with `crossorigin`.
      .header('cross-origin-resource-policy', 'cross-origin')
      .header('access-control-allow-origin', '*')
    const script = await scriptOf(params.site)
    return script ? sendScript(reply, script, headers) : sendUnknown(reply, params.site)
  })
}

function sendScript(reply: FastifyReply, { hash, bodies }: Packed, headers: IncomingHttpHeaders): FastifyReply {
  const encoding = chooseEncoding(headers['accept-encoding'])
  reply.header('cache-control', CACHE).header('etag', `"${hash}-${encoding}"`)
  // Any encoding of this content will do: the browser asks whether it changed, not how it was packed. So will a tag that
  // something on the way has weakened (W/"…") or lengthened (Apache writes "…-gzip").
  const known = headers['if-none-match']
  if (known && (known.trim() === '*' || known.includes(`"${hash}-`))) return reply.code(304).send()
  if (encoding !== 'identity') reply.header('content-encoding', encoding)
  return reply.send(bodies[encoding])
}

function sendUnknown(reply: FastifyReply, site: string): FastifyReply {
  const name = site.replace(/[^A-Za-z0-9._-]/g, '?')
  return reply
    .code(404)
    .header('cache-control', CACHE_UNKNOWN)
    .send(`/* Throughline: there is no site "${name}". Create it, or correct the key in the snippet. */\n`)
}

/** One file a site, made when it is first asked for, thrown away when a setting it shows has changed. */
function cachedScripts({ settings, trackers }: CdnDeps): (site: string) => Promise<Packed | undefined> {
  const scripts = new Map<string, Promise<Packed>>()
  settings.onChange((changed) => {
    // A removed pool no longer says whose it was.
    if (changed.some(({ kind }) => kind === 'site' || kind === 'pool')) scripts.clear()
  })
  return async (name) => {
    const site = settings.get('site', name) ?? settings.get('site', withoutEnd(name))
    if (!site) return undefined
    const known = scripts.get(name)
    if (known) return known
    const pools = settings.list('pool').map(({ document }) => document)
    const shown = publicSettings(site.document, pools)
    const code = trackers[site.document.id === name ? keyOf(featuresOf(shown)) : AIDS] as string
    const made = precompress(renderScript(code, shown))
    scripts.set(name, made)
    return made
  }
}

/** The site whose aids are asked for. A site may have a name that ends so itself, and then keeps it. */
function withoutEnd(name: string): string {
  return name.endsWith(AIDS_END) ? name.slice(0, -AIDS_END.length) : name
}
