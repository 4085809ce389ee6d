import type { Config } from './config.ts'
import { askService } from './service-api.ts'

interface Report {
  /** Facts read. */
  rows: number
  took_ms: number
  /** Where the history in use said something else. */
  differences: { table: string; wrong: number; missing: number; examples: string[] }[]
  swapped: boolean
}

/** `throughline rebuild`: done by the running service, whose matching then goes on from the new tables. */
export async function runRebuild(
  config: Config,
  options: { site?: string; check?: boolean; json?: boolean },
): Promise<void> {
  const { body } = await askService(config, 'POST', '/control/rebuild', {
    ...(options.site && { site: options.site }),
    check: options.check === true,
  })
  const report = body as Report
  if (options.json) process.stdout.write(`${JSON.stringify(report)}\n`)
  else process.stdout.write(describe(report))
  if (options.check && report.differences.length > 0) process.exitCode = 1
}

function describe({ rows, took_ms, differences, swapped }: Report): string {
  const lines = differences.map(({ table, missing, wrong }) => `  ${table}: ${missing} rows missing, ${wrong} wrong\n`)
  const done = swapped ? 'Rebuilt and put in use' : 'Rebuilt beside the history in use, nothing changed'
  const verdict = lines.length === 0 ? 'The history in use said the same.' : 'The history in use said otherwise:'
  return `${done}: ${rows} facts in ${(took_ms / 1000).toFixed(1)} s. ${verdict}\n${lines.join('')}`
}
