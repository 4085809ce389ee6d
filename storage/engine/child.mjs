// The embedded ClickHouse: loads libchdb and lives inside one blocking call until standard input closes.
// Plain JavaScript, because it is started by path from the sources and from the bundle alike.
import { createRequire } from 'node:module'

const [library, ...args] = process.argv.slice(2)
const { DataType, load, open } = createRequire(import.meta.url)('ffi-rs')

open({ library: 'chdb', path: library })
load({
  library: 'chdb',
  funcName: 'chdb_query_cmdline',
  retType: DataType.I32,
  paramsType: [DataType.I32, DataType.StringArray],
  paramsValue: [args.length, args],
})
process.exit(0)
