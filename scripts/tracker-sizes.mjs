// Prints what each build of the tracker weighs, minified and packed, around the settings of a site, with one pool where there are calls.
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { buildTrackers } from '../cdn/build.ts'
import { publicSettings } from '../cdn/public-settings.ts'
import { renderScript } from '../cdn/render-script.ts'
import { PoolDocument, SiteDocument } from '../storage/settings/documents.ts'

const site = SiteDocument.parse({ id: 'shop', domains: ['shop.example'] })
const pool = PoolDocument.parse({
  id: 'ads',
  site: 'shop',
  kind: 'dynamic',
  numbers: ['+74951112233'],
  replaces: ['+74950000000'],
})

for (const [features, code] of Object.entries(await buildTrackers())) {
  // Who has no pool is served neither the code for calls nor what it looks for.
  const settings = publicSettings(site, /calls|aids/.test(features) ? [pool] : [])
  const script = Buffer.from(renderScript(code, settings))
  const row = {
    min: script.length,
    gzip: gzipSync(script, { level: 9 }).length,
    brotli: brotliCompressSync(script).length,
  }
  console.log((features || '(none)').padEnd(22), row)
}
