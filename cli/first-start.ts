import { demoDestination, demoPool, demoProjects, demoSite } from '#demo/demo-site.ts'
import { SiteDocument } from '#storage/settings/documents.ts'
import { hashSecret, mintSecret } from '#storage/settings/secrets.ts'
import type { WritableSettings } from '#storage/settings/settings.ts'

export interface FirstStart {
  settings: WritableSettings
  base_url: string
  demo: boolean
  has_admin_token: boolean
}

/** Makes what a first start needs: the site `demo`, and an admin token, whose secret is returned to be printed once. */
export async function prepareFirstStart({
  settings,
  base_url,
  demo,
  has_admin_token,
}: FirstStart): Promise<string | undefined> {
  const by = 'first start'
  if (settings.list('site').length === 0) {
    const domains = [...new Set(['localhost', '127.0.0.1', new URL(base_url).hostname])]
    const site = { id: demoSite, name: 'Demo', domains, projects: demoProjects, timezone: 'Europe/Moscow' }
    await settings.put('site', demoSite, SiteDocument.parse(site), { by })
  }
  if (demo && settings.get('site', demoSite)) {
    if (!settings.get('pool', demoPool.id)) await settings.put('pool', demoPool.id, demoPool, { by })
    const destination = demoDestination(base_url, mintSecret())
    if (!settings.get('destination', destination.id)) {
      await settings.put('destination', destination.id, destination, { by })
    }
  }
  const hasAdmin = settings.list('token').some(({ document }) => document.scopes.includes('admin'))
  if (has_admin_token || hasAdmin) return undefined
  const secret = mintSecret()
  const token = {
    id: 'admin',
    name: 'Made on first start',
    scopes: ['admin' as const],
    secret_hash: hashSecret(secret),
  }
  await settings.put('token', 'admin', token, { by })
  return secret
}
