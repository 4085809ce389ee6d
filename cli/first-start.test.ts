import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openSettings } from '#storage/settings/open-settings.ts'
import { freshStore } from '#tests/support/fresh-store.ts'
import { makeDemo } from './first-start.ts'

test('the ad platform of the demo moves with the address of the service, and keeps its secret', async () => {
  const store = await freshStore()
  const dir = await mkdtemp(join(tmpdir(), 'throughline-first-'))
  const log = { warn() {} }
  const file = join(dir, 'settings.json')
  const settings = await openSettings({ store: () => store, file, poll_ms: 60_000, now: Date.now, log })
  try {
    const start = async (base_url: string) => {
      await makeDemo({ settings, base_url, demo: true })
      return settings.get('destination', 'demo-ads')
    }
    const first = await start('http://localhost:8080')
    expect(await start('http://localhost:8080')).toEqual(first)
    const moved = await start('http://localhost:9090')
    expect(moved?.document.url).toMatch(/^http:\/\/localhost:9090\/demo\//)
    expect(moved?.document.secret).toBe(first?.document.secret)
  } finally {
    await settings.close()
    await store.drop()
    await rm(dir, { recursive: true, force: true })
  }
})
