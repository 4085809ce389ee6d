import { spawnSync } from 'node:child_process'

/** Before anything is timed: else a first start would build. */
export function buildService(): void {
  const { status } = spawnSync(process.execPath, ['scripts/build.mjs', '--stale'], { stdio: 'inherit' })
  if (status !== 0) throw new Error('The service was not built')
}
