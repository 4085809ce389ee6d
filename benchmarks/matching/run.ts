import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { judgeWorld } from '#tests/support/measures/judge-world.ts'
import { printQuality } from '#tests/support/measures/print-quality.ts'
import { startOwnEngine } from '#tests/support/own-engine.ts'
import { easyWorld, hardWorld } from '#tests/support/world/world-options.ts'

const { values } = parseArgs({
  options: {
    people: { type: 'string', multiple: true },
    seed: { type: 'string', default: '1' },
    days: { type: 'string' },
    easy: { type: 'boolean', default: false },
    hard: { type: 'boolean', default: false },
    json: { type: 'string' },
  },
})

const sizes = (values.people ?? ['500', '2000', '8000']).map(Number)
const kinds = values.easy === values.hard ? (['easy', 'hard'] as const) : values.easy ? ['easy'] : ['hard']
const results: object[] = []

for (const kind of kinds) {
  for (const people of sizes) {
    const own = await startOwnEngine()
    const said = { people, seed: Number(values.seed), ...(values.days && { days: Number(values.days) }) }
    const started_ms = performance.now()
    const quality = await judgeWorld(own.store, kind === 'easy' ? easyWorld(said) : hardWorld(said))
    const took_s = (performance.now() - started_ms) / 1000
    await own.stop()
    console.log(
      `\n== ${kind} world of ${people} people, seed ${said.seed}, ${took_s.toFixed(0)} s\n${printQuality(quality)}`,
    )
    results.push({ kind, ...said, took_s, ...quality })
  }
}
if (values.json) {
  await mkdir(join(values.json, '..'), { recursive: true })
  await writeFile(values.json, `${JSON.stringify(results, null, 2)}\n`)
}
