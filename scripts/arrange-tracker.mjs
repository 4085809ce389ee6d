// Looks for the order and the names by which the two trackers that have budgets pack best, and writes them down for the
// builds: names and order are changed together, at first also for the worse, which takes longer than a build may. To be run
// when the tracker, esbuild or terser has changed; until then such a build does with what it finds itself, some 40 bytes more.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { ARRANGEMENTS } from '../cdn/arrangements.ts'
import { compressTracker, digestOf, nameShortly } from '../cdn/build.ts'
import { FEATURES, keyOf } from '../cdn/features.ts'
import { likeBesideLike, write } from '../cdn/packing-order.ts'
import { programOf } from '../cdn/program-of.ts'
import { publicSettings } from '../cdn/public-settings.ts'
import { renderScript } from '../cdn/render-script.ts'
import { PoolDocument, SiteDocument } from '../storage/settings/documents.ts'

const TRIES = 250_000
const SEEDS = [3, 5]
// Brotli takes fifty times as long: it has the last word where it has a budget too.
const BROTLI_TRIES = 2000
// A move that costs so many bytes is made once in e times, at first.
const LOSS_BYTES = 0.5

const root = join(import.meta.dirname, '..')
const site = SiteDocument.parse({ id: 'shop', domains: ['shop.example'] })
const pool = PoolDocument.parse({
  id: 'ads',
  site: 'shop',
  kind: 'dynamic',
  numbers: ['+74951112233'],
  replaces: ['+74950000000'],
})
const found = []
for (const [features, pools] of [
  [['forms'], []],
  [FEATURES, [pool]],
])
  found.push(await arrange(features, publicSettings(site, pools)))
const file = join(root, 'cdn/arrangements.ts')
const text = `export const ARRANGEMENTS: Readonly<Record<string, Arrangement>> = {
${found.join('')}}
`
writeFileSync(file, readFileSync(file, 'utf8').replace(/^export const ARRANGEMENTS[\s\S]*/m, text))

/** The best that is found for this tracker around these settings, as it is written down. */
async function arrange(features, settings) {
  const key = keyOf(features)
  const compressed = await compressTracker(features, root)
  const code = digestOf(compressed)
  const script = await nameShortly(compressed)
  const variables = [...script.variables.values()]
  const given = variables.map(({ mangled_name }) => mangled_name)
  const isLocal = localNamesOf(script, new Set(variables))
  // A name that something inside of a function has too might be hidden there from whoever asks for it: it stays.
  const movable = variables.filter(({ mangled_name }) => !isLocal.has(mangled_name))
  const names = movable.map(({ mangled_name }) => mangled_name)
  for (const [at, variable] of movable.entries()) variable.mangled_name = `Q_${String(at).padStart(3, '0')}Q`
  const program = programOf(script.body)
  const print = ({ names, order }) => write(program, [[], order]).replace(/Q_(\d{3})Q/g, (_, at) => names[Number(at)])
  // As `npm run sizes` weighs it.
  const weigh = (state) => gzipSync(renderScript(print(state), settings), { level: 9 }).length
  const weighBrotli = (state) => brotliCompressSync(renderScript(print(state), settings)).length

  // Goes on from what was found before, when it is the same code.
  const before = ARRANGEMENTS[key]
  const start =
    before?.code === code
      ? { names: movable.map((each) => before.names.split(' ')[variables.indexOf(each)]), order: [...before.order] }
      : { names, order: likeBesideLike(program) }
  let [best] = SEEDS.map((seed) => search(start, weigh, seed, TRIES, LOSS_BYTES)).sort((a, b) => a.bytes - b.bytes)
  if (features.length > 1) best = search(best, weighBrotli, 1, BROTLI_TRIES, 0)
  console.log(`${key}: ${weigh(best)} bytes in gzip, ${weighBrotli(best)} in brotli`)
  const all = variables.map((variable, at) => best.names[movable.indexOf(variable)] ?? given[at])
  return `  ${/\W/.test(key) ? `'${key}'` : key}: {
    code: '${code}',
    names:
      '${all.join(' ')}',
    // biome-ignore format: a list of numbers.
    order: [${best.order.join(', ')}],
  },
`
}

/** Simulated annealing: the same seed finds the same. */
function search(start, weigh, seed, tries, loss_bytes) {
  const random = randomFrom(seed)
  const below = (end) => Math.floor(random() * end)
  let state = start
  let bytes = weigh(state)
  let best = { ...state, bytes }
  for (let tried = 0; tried < tries; tried++) {
    const next = random() < 0.5 ? moved(state) : renamed(state)
    const next_bytes = weigh(next)
    if (next_bytes > bytes && random() >= Math.exp((bytes - next_bytes) / loss_bytes / (1 - tried / tries))) continue
    state = next
    bytes = next_bytes
    if (bytes < best.bytes) best = { ...state, bytes }
  }
  return best

  function moved({ names, order }) {
    const length = random() < 0.3 ? 2 + below(4) : 1
    const from = below(order.length - length + 1)
    const left = order.toSpliced(from, length)
    return { names, order: left.toSpliced(below(left.length + 1), 0, ...order.slice(from, from + length)) }
  }

  function renamed({ names, order }) {
    const [one, other] = [below(names.length), below(names.length)]
    return { names: names.with(one, names[other]).with(other, names[one]), order }
  }
}

function localNamesOf(script, outer) {
  const found = new Set()
  script._walk({
    _visit(node, descend) {
      if (node.thedef && !outer.has(node.thedef)) found.add(node.thedef.mangled_name)
      descend?.call(node)
    },
  })
  return found
}

/** Mulberry32. */
function randomFrom(seed) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
