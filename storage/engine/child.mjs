// The embedded ClickHouse: loads libchdb and lives inside one blocking call until standard input closes.
// Plain JavaScript, because it is started by path from the sources and from the bundle alike.
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { setPriority } from 'node:os'

// Data parts, logs and metadata are for the owner alone.
process.umask(0o077)

/** Who sends an event waits for the service, and nobody for an insert: where the cores are not enough the engine comes second. */
// A third of the weight of others: with a tenth, on a machine that was busy with something else for long, it fell behind.
const NICE = 5
attempt(() => setPriority(NICE))
// It has a session of its own, and where Linux shares the cores out by session the number above says nothing beyond it.
attempt(() => writeFileSync('/proc/self/autogroup', String(NICE)))

const [library, ...args] = process.argv.slice(2)
const { DataType, load, open } = createRequire(import.meta.url)('ffi-rs')

open({ library: 'chdb', path: library })
// What it returns is a pointer to a result, and says nothing of how it went.
load({
  library: 'chdb',
  funcName: 'chdb_query_cmdline',
  retType: DataType.I32,
  paramsType: [DataType.I32, DataType.StringArray],
  paramsValue: [args.length, args],
})
process.exit(0)

/** Where it is not to be had, or not allowed, the engine does without. */
function attempt(step) {
  try {
    step()
  } catch {}
}
