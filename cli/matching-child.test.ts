import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { getPriority, tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Logger } from './logger.ts'
import { startMatchingChild } from './matching-child.ts'
import type { MatchingBegin } from './matching-messages.ts'

const [, command = ''] = process.argv
let dir: string

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'throughline-child-'))
})

afterEach(async () => {
  process.argv[1] = command
  await rm(dir, { recursive: true })
})

test('a matching process that was killed a moment ago takes nothing down with it', async () => {
  const file = join(dir, 'pid')
  process.argv[1] = join(dir, 'matching.mjs')
  await writeFile(
    process.argv[1],
    `import { writeFileSync } from 'node:fs'
     process.on('message', () => {
       writeFileSync(${JSON.stringify(file)}, String(process.pid))
       process.kill(process.pid, 'SIGKILL')
     })`,
  )
  const said: string[] = []
  const log = pino({ level: 'warn' }, { write: (line: string) => void said.push(line) }) as unknown as Logger
  const child = startMatchingChild(begin(), log)
  // Without giving way: this process must not hear of the death before it speaks to the dead.
  const until = performance.now() + 10_000
  while (!(existsSync(file) && isDead(readFileSync(file, 'utf8'))) && performance.now() < until);
  child.poke()
  const rebuilding = expect(child.rebuild({ check: true })).rejects.toThrow(/Matching/)
  await rebuilding
  await expect.poll(() => said.join('')).toContain('matching ended, starting it again')
  await expect(child.rebuild({ check: true })).rejects.toThrow('Matching is not running at the moment.')
  expect(child.status().running).toBe(false)
  await child.close()
})

test('a matching process leaves the cores to those whom somebody waits for', async () => {
  const file = join(dir, 'nice')
  process.argv[1] = join(dir, 'matching.mjs')
  await writeFile(
    process.argv[1],
    `import { writeFileSync } from 'node:fs'
     import { getPriority } from 'node:os'
     process.on('message', ({ say }) => {
       if (say === 'close') process.exit()
       writeFileSync(${JSON.stringify(file)}, String(getPriority()))
     })`,
  )
  const child = startMatchingChild(begin(), pino({ level: 'silent' }) as unknown as Logger)
  await expect.poll(() => existsSync(file) && Number(readFileSync(file, 'utf8'))).toBeGreaterThan(getPriority())
  await child.close()
})

function begin(): MatchingBegin {
  return {
    connection: { url: 'http://127.0.0.1:1', database: 'none' },
    data_dir: dir,
    outbound_allow: [],
    log_level: 'info',
  }
}

/** It has ended, and its parent has not looked yet. */
function isDead(pid: string): boolean {
  return pid !== '' && /\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
}
