import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

/** Browser and fault tests run the built service, as its users do. */
export default function setup(): void {
  const script = join(import.meta.dirname, '../../scripts/build.mjs')
  const { status } = spawnSync(process.execPath, [script, '--stale'], { stdio: 'inherit' })
  if (status !== 0) throw new Error('The build failed.')
}
