import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { PoolDocument, SiteDocument } from '#storage/settings/documents.ts'
import { buildTracker } from './build.ts'
import { precompress } from './precompress.ts'
import { publicSettings } from './public-settings.ts'
import { renderScript } from './render-script.ts'

const budgets = JSON.parse(readFileSync(join(import.meta.dirname, '../benchmarks/budgets.json'), 'utf8'))

const site = SiteDocument.parse({ id: 'shop', domains: ['shop.example'] })
const pool = PoolDocument.parse({
  id: 'ads',
  site: 'shop',
  kind: 'dynamic',
  numbers: ['+74951112233'],
  replaces: ['+74950000000'],
})

describe('the tracker of a site with one pool', async () => {
  const script = renderScript(await buildTracker(), publicSettings(site, [pool]))
  const { bodies } = await precompress(script)

  test.each([
    ['gzip', budgets.tracker_gzip_bytes_max],
    ['br', budgets.tracker_brotli_bytes_max],
  ] as const)('stays within its budget in %s: %i bytes', (encoding, bytes_max) => {
    expect(bodies[encoding].length).toBeGreaterThan(1000)
    expect(bodies[encoding].length).toBeLessThanOrEqual(bytes_max)
  })

  test('is a script of 2017, and one that a browser can read', () => {
    expect(() => new Function(script)).not.toThrow()
    for (const newer of [/\?\?/, /[\w)\]]\?\.[a-z[(]/i, /\{\.\.\./, /catch\{/, /\(\?<[=!]/])
      expect(script).not.toMatch(newer)
  })
})
