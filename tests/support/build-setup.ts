import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

/** Browser and fault tests run the built service, as its users do. */
export default function setup(): void {
  const script = join(import.meta.dirname, '../../scripts/build.mjs')
  const code = `const { buildWhatIsStale } = await import(${JSON.stringify(script)}); await buildWhatIsStale()`
  const { status } = spawnSync(process.execPath, ['--input-type=module', '-e', code], { stdio: 'inherit' })
  if (status !== 0) throw new Error('The build failed.')
}
