#!/usr/bin/env -S node --max-semi-space-size=32 --v8-pool-size=1
// Builds what is missing or older than its sources, then runs the command. Plain JavaScript: it runs before any build.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'

const root = new URL('..', import.meta.url)
const build = new URL('scripts/build.mjs', root)
// In a process of its own, so that the tools of the build do not live on beside the service.
if (existsSync(build) && !['matching-process', 'worker-process'].includes(process.argv[2])) {
  const { status } = spawnSync(process.execPath, [fileURLToPath(build), '--stale'], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  if (status !== 0) process.exit(1)
}
// V8 lets garbage double the heap before it looks, as the machine has memory. Ingest promises how much it takes at most.
// What lives as long as a request has room for itself instead (the first flag above, which cannot be set later): rows that wait
// for the disk would be copied again and again, at a fifth of what ingest costs. And one thread helps to collect, in place of
// four, which on two cores keep the one that answers waiting.
if (['start', 'worker-process'].includes(process.argv[2])) setFlagsFromString('--heap-growing-percent=40')
process.setSourceMapsEnabled(true)
const { main } = await import(new URL('dist/throughline.js', root).href)
await main(process.argv)
