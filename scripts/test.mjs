// The whole check: lint, dead code, types, build, then every test. Closes with vitest's own count on one plain line.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const dir = mkdtempSync(join(tmpdir(), 'throughline-test-'))
const result = join(dir, 'result.json')

const steps = [
  ['lint and borders', 'npx', ['biome', 'check', '--error-on-warnings', '.']],
  ['dead code', 'npx', ['knip']],
  ['types', 'npm', ['run', '--silent', 'types']],
  ['build', 'node', ['scripts/build.mjs']],
  ['tests', 'npx', ['vitest', 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${result}`]],
]

const failed = []
for (const [name, command, args] of steps) {
  const started = Date.now()
  const { status } = spawnSync(command, args, { stdio: 'inherit' })
  const seconds = ((Date.now() - started) / 1000).toFixed(1)
  process.stdout.write(`${status === 0 ? 'ok  ' : 'FAIL'} ${name} (${seconds} s)\n`)
  if (status !== 0) failed.push(name)
}

let counts = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0 }
try {
  counts = JSON.parse(readFileSync(result, 'utf8'))
} catch {
  failed.push('no result from the test runner')
}
rmSync(dir, { recursive: true, force: true })
if (counts.numPassedTests === 0) failed.push('no test passed')
if (failed.length > 0) process.stdout.write(`Failed: ${failed.join(', ')}\n`)
process.stdout.write(
  `Tests: ${counts.numPassedTests} passed, ${counts.numFailedTests} failed, ${counts.numPendingTests} skipped\n`,
)
process.exit(failed.length > 0 || counts.numFailedTests > 0 ? 1 : 0)
