// Builds the service (esbuild), the tracker (cdn/build.ts) and the dashboard (vite) into dist/.
import { existsSync } from 'node:fs'
import { copyFile, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = join(root, 'dist')

const serviceSources = ['cli', 'ingest', 'matching', 'reports-api', 'storage', 'cdn', 'domain', 'shell', 'demo']

const parts = [
  { name: 'service', output: 'throughline.js', sources: [...serviceSources, 'package.json'], build: buildService },
  { name: 'tracker', output: 'trackers.json', sources: ['tracker', 'cdn'], build: buildTracker },
  { name: 'dashboard', output: 'dashboard/index.html', sources: ['reports-api/dashboard'], build: buildDashboard },
]

/** Builds each part whose output is missing, or older than a source of it. */
async function buildWhatIsStale({ force }) {
  await mkdir(dist, { recursive: true })
  for (const { name, output, sources, build } of parts) {
    if (!force && (await newest([`dist/${output}`])) >= (await newest(sources))) continue
    process.stderr.write(`Building the ${name} …\n`)
    await build()
  }
}

async function buildService() {
  await bundle(join(root, 'cli/main.ts'), join(dist, 'throughline.js'))
}

async function buildTracker() {
  const builder = join(dist, `build-tracker-${process.pid}.mjs`)
  await bundle(join(root, 'cdn/build.ts'), builder)
  try {
    const { buildTrackers } = await import(pathToFileURL(builder).href)
    await writeFile(join(dist, `trackers.${process.pid}`), JSON.stringify(await buildTrackers({ root })))
    await copyFile(join(root, 'tracker/throughline.d.ts'), join(dist, 'throughline.d.ts'))
    await rename(join(dist, `trackers.${process.pid}`), join(dist, 'trackers.json'))
  } finally {
    await rm(builder)
    await rm(`${builder}.map`, { force: true })
  }
}

async function buildDashboard() {
  const { build } = await import('vite')
  await build({ configFile: join(root, 'reports-api/dashboard/vite.config.ts'), logLevel: 'warn' })
}

async function bundle(entry, outfile) {
  const { build } = await import('esbuild')
  await build({
    entryPoints: [entry],
    outfile: `${outfile}.${process.pid}`,
    bundle: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: 'inline',
    sourcesContent: false,
    logLevel: 'warning',
  })
  await rename(`${outfile}.${process.pid}`, outfile)
}

/** Newest change below these paths, in milliseconds; 0 when there is nothing. */
async function newest(paths) {
  let latest = 0
  for (const path of paths) {
    const full = join(root, path)
    if (!existsSync(full)) continue
    const found = await stat(full)
    if (!found.isDirectory()) {
      latest = Math.max(latest, found.mtimeMs)
      continue
    }
    for (const entry of await readdir(full)) {
      if (entry === 'node_modules' || entry.includes('.test.')) continue
      latest = Math.max(latest, await newest([join(path, entry)]))
    }
  }
  return latest
}

await buildWhatIsStale({ force: !process.argv.includes('--stale') })
