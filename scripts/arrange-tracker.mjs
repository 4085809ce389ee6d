// Looks for the order and the names by which the two trackers that have a budget pack best, and writes them down for the
// builds: names and order are changed together, at first also for the worse, which takes longer than a build may. To be run
// when the tracker, esbuild or terser has changed; until then such a build does with what it finds itself, some 40 bytes more.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { ARRANGEMENTS } from '../cdn/arrangements.ts'
import { compressTracker, digestOf, nameShortly } from '../cdn/build.ts'
import { FEATURES, keyOf } from '../cdn/features.ts'
import { likeBesideLike, write } from '../cdn/packing-order.ts'
import { programOf } from '../cdn/program-of.ts'
import { publicSettings } from '../cdn/public-settings.ts'
import { renderScript } from '../cdn/render-script.ts'
import { PoolDocument, SiteDocument } from '../storage/settings/documents.ts'

const TRIES = 150_000
const SEEDS = [1, 2, 3]
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

const file = join(root, 'cdn/arrangements.ts')
const found = []
for (const [features, pools] of [
  [['forms'], []],
  [FEATURES, [pool]],
])
  found.push(await arrange(features, publicSettings(site, pools)))
const written = `export const ARRANGEMENTS: Readonly<Record<string, Arrangement>> = {\n${found.join('')}}\n`
writeFileSync(file, readFileSync(file, 'utf8').replace(/^export const ARRANGEMENTS[\s\S]*/m, written))

/** What is to be written down for the tracker with these features, weighed around these settings as `npm run sizes` does. */
async function arrange(features, settings) {
  const key = keyOf(features)
  const compressed = await compressTracker(features, root)
  const script = await nameShortly(compressed)
  const variables = [...script.variables.values()]
  const given = variables.map(({ mangled_name }) => mangled_name)
  const isLocal = localNamesOf(script, new Set(variables))
  // A name that something inside of a function has too might be hidden there from whoever asks for it: it stays.
  const movable = variables.filter(({ mangled_name }) => !isLocal.has(mangled_name))
  const names = movable.map(({ mangled_name }) => mangled_name)
  for (const [at, variable] of movable.entries()) variable.mangled_name = `Q_${String(at).padStart(2, '0')}Q`
  const program = programOf(script.body)
  const print = ({ names, order }) => write(program, [[], order]).replace(/Q_(\d\d)Q/g, (_, at) => names[Number(at)])
  const weigh = (state) => gzipSync(renderScript(print(state), settings), { level: 9 }).length

  // Goes on from what was found before, when it is the same code.
  const before = ARRANGEMENTS[key]
  const start =
    before?.code === digestOf(compressed)
      ? { names: movable.map((each) => before.names.split(' ')[variables.indexOf(each)]), order: [...before.order] }
      : { names, order: likeBesideLike(program) }
  const [best] = SEEDS.map((seed) => search(start, weigh, seed)).sort((a, b) => a.bytes - b.bytes)
  const all = variables.map((variable, at) => best.names[movable.indexOf(variable)] ?? given[at])
  console.log(`${key}: ${best.bytes} bytes in gzip`)
  return `  ${/\W/.test(key) ? `'${key}'` : key}: {
    code: '${digestOf(compressed)}',
    names:
      '${all.join(' ')}',
    // biome-ignore format: a list of numbers.
    order: [${best.order.join(', ')}],
  },
`
}

/** Simulated annealing: the same seed finds the same. */
function search(start, weigh, seed) {
  const random = randomFrom(seed)
  const below = (end) => Math.floor(random() * end)
  let state = start
  let bytes = weigh(state)
  for (let tried = 0; tried < TRIES; tried++) {
    const next = random() < 0.5 ? moved(state) : renamed(state)
    const next_bytes = weigh(next)
    if (next_bytes > bytes && random() >= Math.exp((bytes - next_bytes) / LOSS_BYTES / (1 - tried / TRIES))) continue
    state = next
    bytes = next_bytes
  }
  return { ...state, bytes }

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
