// The embedded ClickHouse: loads libchdb and lives inside one blocking call until standard input closes.
// Plain JavaScript, because it is started by path from the sources and from the bundle alike.
import { createRequire } from 'node:module'

// Data parts, logs and metadata are for the owner alone.
process.umask(0o077)

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
