import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { leaveOut, type RuleName, ruleNames } from '#matching/rules.ts'
import { judgeWorld, type WorldQuality } from '#tests/support/measures/judge-world.ts'
import { printQuality, printShort, shortHeader } from '#tests/support/measures/print-quality.ts'
import { startOwnEngine } from '#tests/support/own-engine.ts'
import { easyWorld, hardWorld, type WorldOptions } from '#tests/support/world/world-options.ts'

const { values } = parseArgs({
  options: {
    people: { type: 'string', multiple: true },
    days: { type: 'string' },
    seed: { type: 'string', default: '1' },
    easy: { type: 'boolean', default: false },
    hard: { type: 'boolean', default: false },
    without: { type: 'string', multiple: true },
    'each-rule': { type: 'boolean', default: false },
    json: { type: 'string' },
  },
})

const sizes = (values.people ?? ['500', '2000', '8000']).map(Number)
const kinds = values.easy === values.hard ? (['easy', 'hard'] as const) : [values.easy ? 'easy' : 'hard']
const leftOut = (values.without ?? []).map(ruleNamed)
const results: object[] = []

for (const people of sizes) {
  for (const kind of kinds) {
    const said = { people, seed: Number(values.seed), ...(values.days && { days: Number(values.days) }) }
    const options = kind === 'easy' ? easyWorld(said) : hardWorld(said)
    const started_ms = performance.now()
    const quality = await judgeWithout(options, leftOut)
    const took = `${((performance.now() - started_ms) / 1000).toFixed(0)} s`
    const without = leftOut.length > 0 ? `, without ${leftOut.join(', ')}` : ''
    console.log(`\n== ${kind} world of ${people} people, ${options.days} days, seed ${said.seed}${without}, ${took}`)
    console.log(printQuality(quality))
    results.push({ kind, options, leftOut, quality })
    if (values['each-rule']) await judgeEachRule(kind, options, quality)
  }
}
if (values.json) await writeFile(values.json, `${JSON.stringify(results, null, 2)}\n`)

/** The same world once for each rule, which is left out: what is worse then the rule has earned. */
async function judgeEachRule(kind: string, options: WorldOptions, whole: WorldQuality): Promise<void> {
  console.log(`\n${shortHeader}\n${printShort('none', whole)}`)
  for (const rule of ruleNames) {
    const quality = await judgeWithout(options, [...leftOut, rule])
    console.log(printShort(rule, quality))
    results.push({ kind, options, leftOut: [...leftOut, rule], quality })
  }
}

/** In a ClickHouse of its own, so that one world does not slow the next. */
async function judgeWithout(options: WorldOptions, rules: readonly RuleName[]): Promise<WorldQuality> {
  const own = await startOwnEngine()
  const takeBack = rules.map(leaveOut)
  try {
    return await judgeWorld(own.store, options)
  } finally {
    // A rule that nothing asked for was not left out, and its row would say that it earns nothing.
    const unused = rules.filter((_, index) => !takeBack[index]?.())
    await own.stop()
    if (unused.length > 0) console.log(`nothing in this world asks whether ${unused.join(', ')} holds`)
  }
}

function ruleNamed(name: string): RuleName {
  const rule = ruleNames.find((one) => one === name)
  if (!rule) throw new Error(`There is no rule "${name}"; there are ${ruleNames.join(', ')}.`)
  return rule
}
