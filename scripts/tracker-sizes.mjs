// Prints what each build of the tracker weighs, minified and packed, around the settings of a site with one pool.
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { buildTrackers } from '../cdn/build.ts'
import { renderScript } from '../cdn/render-script.ts'

const settings = {
  site: 'shop',
  consent: 'not_needed',
  replaces: [['7', '4950000000', '8', '+74950000000']],
  attributes: ['href', 'title', 'aria-label'],
}

for (const [features, code] of Object.entries(await buildTrackers())) {
  const script = Buffer.from(renderScript(code, settings))
  const row = {
    min: script.length,
    gzip: gzipSync(script, { level: 9 }).length,
    brotli: brotliCompressSync(script).length,
  }
  console.log((features || '(none)').padEnd(22), row)
}
