import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const refused = [
  ['ingest/http/a.ts', '#matching/service.ts'],
  ['ingest/http/b.ts', '../../reports-api/http/thing.ts'],
  ['matching/a.ts', '#ingest/log/log.ts'],
  ['reports-api/http/a.ts', '#cli/config.ts'],
  ['storage/a.ts', '#ingest/log/log.ts'],
  ['domain/a.ts', '#storage/client.ts'],
  ['domain/b.ts', '../shell/http.ts'],
  ['shell/a.ts', '#domain/phone.ts'],
  ['cdn/a.ts', '#ingest/http/thing.ts'],
  ['demo/a.ts', '#storage/client.ts'],
  ['tracker/src/a.ts', '#domain/phone.ts'],
] as const

const allowed = [
  ['ingest/http/c.ts', '#storage/client.ts'],
  ['ingest/http/d.ts', './other-route.ts'],
  ['matching/b.ts', '#domain/phone.ts'],
  ['cli/a.ts', '#matching/service.ts'],
] as const

const dir = mkdtempSync(join(tmpdir(), 'throughline-borders-'))
let complained: string[] = []

beforeAll(async () => {
  const rules = JSON.parse(readFileSync('biome.json', 'utf8'))
  await writeFile(join(dir, 'biome.json'), JSON.stringify({ ...rules, $schema: undefined, vcs: undefined }))
  for (const [path, from] of [...refused, ...allowed]) {
    await mkdir(dirname(join(dir, path)), { recursive: true })
    await writeFile(join(dir, path), `import { thing } from '${from}'\n\nexport const seen = thing\n`)
  }
  const biome = join(process.cwd(), 'node_modules/.bin/biome')
  const args = ['lint', '--only=style/noRestrictedImports', '--max-diagnostics=none', '--reporter=json', '.']
  const { stdout } = spawnSync(biome, args, { cwd: dir, encoding: 'utf8' })
  complained = [...stdout.matchAll(/"path":\s*"([^"]+)"/g)].map(([, path]) => (path as string).replace(/^\.\//, ''))
})

afterAll(() => rmSync(dir, { recursive: true }))

describe('the borders between folders', () => {
  test.each(refused)('%s may not import %s', (path) => {
    expect(complained).toContain(path)
  })

  test.each(allowed)('%s may import %s', (path) => {
    expect(complained).not.toContain(path)
  })
})
