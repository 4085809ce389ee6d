import { nanoid } from 'nanoid'
import type { Config } from './config.ts'
import { askService } from './service-api.ts'

/** `throughline token create`: the secret is printed once and stored nowhere. */
export async function createToken(
  config: Config,
  options: { name: string; scopes: string; sites?: string; json?: boolean },
): Promise<void> {
  const { body } = await askService(config, 'PUT', `/v1/tokens/t-${nanoid(10).replaceAll(/[^A-Za-z0-9]/g, '0')}`, {
    name: options.name,
    scopes: split(options.scopes),
    ...(options.sites && { sites: split(options.sites) }),
  })
  const token = body as { id: string; secret: string }
  process.stdout.write(
    options.json ? `${JSON.stringify(token)}\n` : `Token ${token.id}, shown once:\n  ${token.secret}\n`,
  )
}

function split(text: string): string[] {
  return text.split(',').map((part) => part.trim())
}
