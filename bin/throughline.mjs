#!/usr/bin/env node
// Builds what is missing or older than its sources, then runs the command. Plain JavaScript: it runs before any build.
import { existsSync } from 'node:fs'

const root = new URL('..', import.meta.url)
if (existsSync(new URL('scripts/build.mjs', root))) {
  const { buildWhatIsStale } = await import('../scripts/build.mjs')
  await buildWhatIsStale()
}
process.setSourceMapsEnabled(true)
const { main } = await import(new URL('dist/throughline.js', root).href)
await main(process.argv)
