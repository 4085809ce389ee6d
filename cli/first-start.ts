import { demoDestination, demoPool, demoProjects, demoSite } from '#demo/demo-site.ts'
import { SiteDocument } from '#storage/settings/documents.ts'
import { hashSecret, mintSecret } from '#storage/settings/secrets.ts'
import type { WritableSettings } from '#storage/settings/settings.ts'

/** Makes the site `demo` where there is no site at all, and what its demo pages need. */
export async function makeDemo({
  settings,
  base_url,
  demo,
}: {
  settings: WritableSettings
  base_url: string
  demo: boolean
}): Promise<void> {
  if (settings.list('site').length === 0) {
    const domains = [...new Set(['localhost', '127.0.0.1', new URL(base_url).hostname])]
    const site = { id: demoSite, name: 'Demo', domains, projects: demoProjects, timezone: 'Europe/Moscow' }
    await settings.put('site', demoSite, SiteDocument.parse(site), { by })
  }
  if (demo && settings.get('site', demoSite)) {
    if (!settings.get('pool', demoPool.id)) await settings.put('pool', demoPool.id, demoPool, { by })
    await makeDemoDestination(settings, base_url)
  }
}

/** The ad platform of the demo is this service itself: it moves with the address that the service is started under. */
async function makeDemoDestination(settings: WritableSettings, base_url: string): Promise<void> {
  const wanted = demoDestination(base_url, mintSecret())
  const known = settings.get('destination', wanted.id)?.document
  if (known?.url === wanted.url) return
  await settings.put('destination', wanted.id, known ? { ...known, url: wanted.url } : wanted, { by })
}

/** Makes the admin token of an installation that has none; its secret is returned to be printed once. */
export async function makeAdminToken(settings: WritableSettings): Promise<string | undefined> {
  if (settings.list('token').some(({ document }) => document.scopes.includes('admin'))) return undefined
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

const by = 'first start'
