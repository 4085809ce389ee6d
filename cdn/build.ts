import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { build } from 'esbuild'
import { minify } from 'terser'
import { ARRANGEMENTS } from './arrangements.ts'
import { AIDS, FEATURES, type Feature, keyOf, type Trackers } from './features.ts'
import { inPackingOrder, write } from './packing-order.ts'
import { programOf, type Script } from './program-of.ts'
import { SETTINGS, SHORT } from './render-script.ts'

/** The trackers for all choices of features, and the aids. A bundle of this file has to say where the sources are. */
export async function buildTrackers({ root = join(import.meta.dirname, '..') } = {}): Promise<Trackers> {
  const trackers: Trackers = {}
  for (let choice = 0; choice < 2 ** FEATURES.length; choice++) {
    const features = FEATURES.filter((_, bit) => choice & (1 << bit))
    // Areas are a part of calls.
    if (features.includes('areas') && !features.includes('calls')) continue
    trackers[keyOf(features)] = await buildTracker(features, { root })
  }
  trackers[AIDS] = await buildAids({ root })
  return trackers
}

/** The tracker with these features and no others, minified. */
export function buildTracker(
  features: readonly Feature[] = FEATURES,
  { root = join(import.meta.dirname, '..') } = {},
): Promise<string> {
  return compile(join(root, 'tracker'), 'src/main.ts', features).then((code) => shorten(code, keyOf(features)))
}

/** The tracker with these features, bundled and compressed, with its names as they are written. */
export async function compressTracker(features: readonly Feature[], root: string): Promise<string> {
  return compress(await compile(join(root, 'tracker'), 'src/main.ts', features))
}

/** What `?tl_debug` and `?tl_test` load: one for all sites, around the same settings. */
export function buildAids({ root = join(import.meta.dirname, '..') } = {}): Promise<string> {
  return compile(join(root, 'tracker'), 'aids/main.ts', FEATURES).then((code) => shorten(code, AIDS))
}

async function compile(tracker: string, entry: string, features: readonly Feature[]): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(tracker, entry)],
    tsconfig: join(tracker, 'tsconfig.json'),
    bundle: true,
    minifySyntax: true,
    write: false,
    // Not an iife: renderScript puts a function around it anyway.
    format: 'esm',
    target: 'es2017',
    charset: 'utf8',
    legalComments: 'none',
    // Declared in tracker/src/settings.ts; what is switched off falls out of the bundle.
    define: {
      ...Object.fromEntries(FEATURES.map((name) => [`with_${name}`, String(features.includes(name))])),
      ...Object.fromEntries(
        Object.entries(SHORT).map(([name, short]) => [`tl_settings.${name}`, `${SETTINGS}.${short}`]),
      ),
    },
  })
  const [output] = outputFiles
  if (!output) throw new Error('esbuild left no tracker.')
  return output.text
}

const options = { ecma: 2017, toplevel: true } as const

async function shorten(bundled: string, key: string): Promise<string> {
  const compressed = await compress(bundled)
  const script = await nameShortly(compressed)
  const found = ARRANGEMENTS[key]
  if (found?.code !== digestOf(compressed)) return inPackingOrder(programOf(script.body))
  const names = found.names.split(' ')
  for (const variable of script.variables.values()) variable.mangled_name = names.shift() as string
  return write(programOf(script.body), [[], found.order])
}

/** By this an arrangement knows the code that it was found for. */
export function digestOf(compressed: string): string {
  return createHash('sha256').update(compressed).digest('hex')
}

/** Terser leaves 5% less than esbuild does: it inlines functions that are called once. */
async function compress(bundled: string): Promise<string> {
  const shorter = bundled
    // The types see to it that what is compared is of one kind; but not what a page answers, of which only `false` is a no.
    .replace(/([!=]=)=(?! !1)/g, '$1')
    // Only makes a function of another: a variable for that may stand anywhere. Not so within functions, where it is called on
    // the spot, and terser would take the call for pure as well.
    .replace(/(?<=^\S.* = )guard\(/gm, '/* @__PURE__ */ guard(')
  const { code } = await minify(shorter, {
    ...options,
    compress: {
      // Of functions with arguments it would make functions again, on the spot.
      inline: 1,
      passes: 4,
      hoist_funs: true,
      lhs_constants: false,
      unsafe: true,
      unsafe_arrows: true,
      unsafe_methods: true,
      keep_fargs: false,
    },
    mangle: false,
    format: { preserve_annotations: true },
  })
  if (!code) throw new Error('terser left no tracker.')
  return code
}

/** Names are given in a run of their own, by how often they are used in what the first has left. */
export async function nameShortly(compressed: string): Promise<Script> {
  const minified: object = await minify(compressed, {
    ...options,
    compress: false,
    mangle: { toplevel: true, reserved: [SETTINGS], nth_identifier: { get: nameAt } },
    format: { ast: true, code: false } as object,
  })
  // Terser's types know nothing of what it is asked for and answers here.
  return (minified as { ast: Script }).ast
}

// Those that code is full of anyway come first, and so what is packed repeats itself more. The order of the others is found
// by trial: it is worth twenty bytes.
const LETTERS = 'etasilrhcwKFDfVPoLMvbOuCxjBA_NqnJympgTzISUEWGdHkYRXQZ'
const SIGNS = `${LETTERS}0123456789`

/** A variable's name, by how often it is used. */
function nameAt(rank: number): string {
  const first = LETTERS[rank % LETTERS.length] as string
  const rest = Math.floor(rank / LETTERS.length)
  return rest === 0 ? first : first + (SIGNS[(rest - 1) % SIGNS.length] as string)
}
