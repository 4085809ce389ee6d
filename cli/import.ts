import { setTimeout as pause } from 'node:timers/promises'
import { type Config, WrongSettings } from './config.ts'
import { findService } from './control.ts'
import { askImport, type ImportStatus, type PartResult, sendPart } from './import-part.ts'
import { type ImportSource, openImportSource, type Reading } from './import-source.ts'
import { showProgress } from './progress.ts'

export interface ImportOptions {
  site?: string
  id?: string
  json?: boolean
}

/** So long without one more durable line, and the command gives up. */
const PATIENCE_MS = 600_000
const WAIT_S_MAX = 15
const SHOW_EVERY_MS = 200

/** `throughline import FILE`: events, a batch a line; goes on by itself, also when the service was restarted meanwhile. */
export async function runImport(config: Config, file: string, options: ImportOptions): Promise<void> {
  if (options.id !== undefined && !/^[A-Za-z0-9._:-]{1,128}$/.test(options.id)) {
    throw new WrongSettings(['--id: must be 1–128 characters of A-Za-z0-9._:-'])
  }
  const source = await openImportSource(file, options.site)
  const id = options.id ?? source.id
  const started_ms = Date.now()
  const status = await sendAll(config, source, { id, site: options.site }).finally(() => {
    // Input that nobody reads any more would keep the command waiting for its end.
    if (!source.is_file) process.stdin.destroy()
  })
  const took_ms = Date.now() - started_ms
  if (options.json) process.stdout.write(`${JSON.stringify({ ...status, took_ms })}\n`)
  else process.stdout.write(describe(status, took_ms))
}

async function sendAll(
  config: Config,
  source: ImportSource,
  { id, site }: { id: string; site: string | undefined },
): Promise<ImportStatus> {
  let durable: number | undefined
  let moved_ms = performance.now()
  for (let tries = 0; ; tries++) {
    const { result, lines, status } = await sendOnce(config, source, { id, site })
    if (lines !== undefined && lines > (durable ?? -1)) {
      durable = lines
      moved_ms = performance.now()
      tries = 0
    }
    if (result.kind === 'done' && status) return status
    const why = result.kind === 'done' ? 'The service is gone again.' : result.why
    // The first look must find a service; later ones wait for it to come back.
    const isLost = durable === undefined || performance.now() - moved_ms > PATIENCE_MS
    if (result.kind === 'refused' || !source.is_file || isLost) throw new Error(`${why} ${advice(source, id, durable)}`)
    const wait_s = (result.kind === 'later' && result.wait_s) || Math.min(WAIT_S_MAX, 2 ** Math.min(tries, 4))
    process.stderr.write(`${why} ${durable} lines are safe; going on in ${wait_s} s.\n`)
    await pause(wait_s * 1000)
  }
}

interface Found {
  result: PartResult
  /** The durable lines, when the service told them. */
  lines?: number
  status?: ImportStatus
}

async function sendOnce(
  config: Config,
  source: ImportSource,
  { id, site }: { id: string; site: string | undefined },
): Promise<Found> {
  const service = await findService(config.DATA_DIR)
  if (!service) return { result: { kind: 'later', why: `No service is ready on ${config.DATA_DIR}.` } }
  const before = await askImport(service, id)
  if (before && 'kind' in before) return { result: before }
  const from_line = before?.lines ?? 0
  const reading = source.read(from_line)
  const shown = show(reading, source.size_bytes)
  const result = await sendPart(service, { id, site, from_line, reading }).finally(shown.end)
  const after = await askImport(service, id)
  if (!after || 'kind' in after) return { result, lines: from_line }
  return { result, lines: after.lines, status: after }
}

function show({ progress }: Reading, size_bytes: number): { end(): void } {
  const bar = showProgress()
  const update = () => bar.update(progress.read_bytes, size_bytes, `${progress.lines} lines`)
  const timer = setInterval(update, SHOW_EVERY_MS)
  return {
    end() {
      clearInterval(timer)
      update()
      bar.end()
    },
  }
}

function advice({ is_file }: ImportSource, id: string, durable = 0): string {
  if (is_file) return `${durable} lines are safe; the same command goes on from there.`
  return `${durable} lines are safe: send the same lines again with --id ${id}, those are skipped.`
}

const REFUSALS_SHOWN_MAX = 10

function describe({ id, lines, accepted, rejected_total, rejected }: ImportStatus, took_ms: number): string {
  const refused = rejected
    .slice(0, REFUSALS_SHOWN_MAX)
    .map((one) => `  line ${one.index}: ${one.field} ${one.message}\n`)
  const more = rejected_total > refused.length ? `  … and ${rejected_total - refused.length} more\n` : ''
  const seconds = (took_ms / 1000).toFixed(1)
  return (
    `Import ${id}: ${lines} lines, ${accepted} events accepted, ${rejected_total} refused, in ${seconds} s.\n` +
    `${refused.join('')}${more}`
  )
}
