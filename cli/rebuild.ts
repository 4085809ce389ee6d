import type { Config } from './config.ts'
import { askService } from './service-api.ts'

interface Report {
  tables: Record<string, { rows: number; missing?: number; extra?: number }>
  same?: boolean
  took_ms: number
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
  if (options.check && report.same === false) process.exitCode = 1
}

function describe({ tables, same, took_ms }: Report): string {
  const lines = Object.entries(tables).map(([table, { rows, missing, extra }]) => {
    const difference = missing || extra ? `, ${missing ?? 0} missing, ${extra ?? 0} too many` : ''
    return `  ${table}: ${rows} rows${difference}\n`
  })
  const verdict = same === undefined ? 'Rebuilt' : same ? 'The same as a rebuild' : 'DIFFERENT from a rebuild'
  return `${verdict} (${(took_ms / 1000).toFixed(1)} s):\n${lines.join('')}`
}
