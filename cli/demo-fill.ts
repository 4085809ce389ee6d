import { demoSite } from '#demo/demo-site.ts'
import { fill } from '#demo/fill/fill.ts'
import { baseUrlOf, type Config, WrongSettings } from './config.ts'
import { findService } from './control.ts'
import { showProgress } from './progress.ts'
import { askService } from './service-api.ts'

/** `throughline demo fill`: a believable year through the public API of the running service. */
export async function demoFill(config: Config, options: { days: string; visits: string; seed: string }): Promise<void> {
  await askService(config, 'GET', `/v1/sites/${demoSite}`)
  const service = await findService(config.DATA_DIR)
  if (!service) throw new Error('The service stopped.')
  const progress = showProgress()
  const started_ms = Date.now()
  const counts = await fill({
    api_url: service.url,
    token: service.token,
    base_url: baseUrlOf(config),
    days: wholeNumber('days', options.days, 3650),
    visits: wholeNumber('visits', options.visits, 1_000_000),
    seed: wholeNumber('seed', options.seed, 1_000_000),
    now_ms: started_ms,
    progress: progress.update,
  })
  progress.end()
  const told = Object.entries(counts).map(([kind, count]) => `${count} ${kind === 'events' ? 'visits' : kind}`)
  process.stdout.write(`Sent ${told.join(', ')} in ${((Date.now() - started_ms) / 1000).toFixed(1)} s.\n`)
}

function wholeNumber(name: string, text: string, max: number): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1 || value > max)
    throw new WrongSettings([`--${name}: is a whole number from 1 to ${max}`])
  return value
}
