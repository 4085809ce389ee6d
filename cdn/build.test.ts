import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { PoolDocument, SiteDocument } from '#storage/settings/documents.ts'
import { buildTracker } from './build.ts'
import { FEATURES, type Feature } from './features.ts'
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

const WITHOUT_CALLS: readonly Feature[] = ['forms']

describe.each([
  [
    'with everything on, and one pool',
    FEATURES,
    [pool],
    budgets.tracker_gzip_bytes_max,
    budgets.tracker_brotli_bytes_max,
  ],
  ['without call tracking', WITHOUT_CALLS, [], budgets.tracker_without_calls_gzip_bytes_max, undefined],
] as const)('the tracker %s', async (_, features, pools, gzip_bytes_max, brotli_bytes_max) => {
  const script = renderScript(await buildTracker(features), publicSettings(site, pools))
  const { bodies } = await precompress(script)

  test.runIf(gzip_bytes_max)(`stays within its budget of ${gzip_bytes_max} bytes in gzip`, () => {
    expect(bodies.gzip.length).toBeGreaterThan(1000)
    expect(bodies.gzip.length).toBeLessThanOrEqual(gzip_bytes_max)
  })

  test.runIf(brotli_bytes_max)(`stays within its budget of ${brotli_bytes_max} bytes in brotli`, () => {
    expect(bodies.br.length).toBeGreaterThan(1000)
    expect(bodies.br.length).toBeLessThanOrEqual(brotli_bytes_max as number)
  })

  test('is a script of 2017, and one that a browser can read', () => {
    expect(() => new Function(script)).not.toThrow()
    for (const newer of [/\?\?/, /[\w)\]]\?\.[a-z[(]/i, /\{\.\.\./, /catch\{/, /\(\?<[=!]/])
      expect(script).not.toMatch(newer)
  })
})
