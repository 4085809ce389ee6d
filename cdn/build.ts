import { join } from 'node:path'
import { build } from 'esbuild'
import { minify } from 'terser'
import { FEATURES, type Feature, keyOf, type Trackers } from './features.ts'

/** The trackers for all choices of features. A bundle of this file has to say where the sources are. */
export async function buildTrackers({ root = join(import.meta.dirname, '..') } = {}): Promise<Trackers> {
  const trackers: Trackers = {}
  for (let choice = 0; choice < 2 ** FEATURES.length; choice++) {
    const features = FEATURES.filter((_, bit) => choice & (1 << bit))
    trackers[keyOf(features)] = await buildTracker(features, { root })
  }
  return trackers
}

/** The tracker with these features and no others, minified. */
export async function buildTracker(
  features: readonly Feature[] = FEATURES,
  { root = join(import.meta.dirname, '..') } = {},
): Promise<string> {
  const tracker = join(root, 'tracker')
  const { outputFiles } = await build({
    entryPoints: [join(tracker, 'src/main.ts')],
    tsconfig: join(tracker, 'tsconfig.json'),
    bundle: true,
    minifySyntax: true,
    write: false,
    // Not wrapped: renderScript puts a function around it anyway.
    format: 'esm',
    target: 'es2017',
    charset: 'utf8',
    legalComments: 'none',
    // Declared in tracker/src/settings.ts; what is switched off falls out of the bundle.
    define: Object.fromEntries(FEATURES.map((name) => [`with_${name}`, String(features.includes(name))])),
  })
  const [output] = outputFiles
  if (!output) throw new Error('esbuild left no tracker.')
  return shorten(output.text)
}

/** Terser leaves 5% less than esbuild does: it inlines functions that are called once. */
async function shorten(bundled: string): Promise<string> {
  const { code } = await minify(bundled, {
    ecma: 2017,
    toplevel: true,
    compress: {
      passes: 4,
      unsafe: true,
      unsafe_arrows: true,
      unsafe_methods: true,
      keep_fargs: false,
      hoist_funs: true,
    },
    mangle: { toplevel: true, reserved: ['tl_settings'] },
  })
  if (!code) throw new Error('terser left no tracker.')
  return code.trim()
}
