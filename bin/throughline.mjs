#!/usr/bin/env node
// Builds what is missing or older than its sources, then runs the command. Plain JavaScript: it runs before any build.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = new URL('..', import.meta.url)
const build = new URL('scripts/build.mjs', root)
// In a process of its own, so that the tools of the build do not live on beside the service.
if (existsSync(build) && !['matching-process', 'worker-process'].includes(process.argv[2])) {
  const { status } = spawnSync(process.execPath, [fileURLToPath(build), '--stale'], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  if (status !== 0) process.exit(1)
}
process.setSourceMapsEnabled(true)
const { main } = await import(new URL('dist/throughline.js', root).href)
await main(process.argv)
