import { setTimeout } from 'node:timers/promises'
import { parsePosition } from '#domain/position.ts'
import { Failure } from '#shell/failure.ts'
import type { App } from '#shell/http.ts'
import { creditRoutes } from './credit-routes.ts'
import { historyRoutes } from './history-routes.ts'
import { personRoutes } from './person-routes.ts'
import { openPositionGate, type PositionGate } from './position-gate.ts'
import { openReader } from './reader.ts'
import { reportRoutes } from './report-routes.ts'
import type { ReportsOptions } from './reports-deps.ts'
import { settingsRoutes } from './settings-routes.ts'
import { statusRoutes } from './status-routes.ts'
import { streamRoutes } from './stream-routes.ts'

/** History, reports, status and settings. Every read here waits for `?after=POSITION`. */
export async function registerReports(app: App, options: ReportsOptions): Promise<void> {
  const reader = openReader(options.store)
  const gate = openPositionGate({ reader, now: options.now, pause: (ms) => setTimeout(ms) })
  const deps = { ...options, reader, gate }
  await app.register(async (scoped) => {
    const inner = scoped as App
    waitForPosition(inner, gate)
    reportRoutes(inner, deps)
    personRoutes(inner, deps)
    historyRoutes(inner, deps)
    creditRoutes(inner, deps)
    streamRoutes(inner, deps)
    statusRoutes(inner, deps)
    settingsRoutes(inner, deps)
  })
}

/** Before the query is checked: a route whose schema forgot `after` still waits. */
function waitForPosition(app: App, gate: PositionGate): void {
  app.addHook('onRequest', async (request) => {
    const { after, site } = request.query as { after?: unknown; site?: unknown }
    if (after === undefined) return
    const position = typeof after === 'string' ? parsePosition(after) : undefined
    if (!position) throw new Failure('bad_request', 'after: is not a position', { field: 'after' })
    await gate.pass(position, typeof site === 'string' ? site : undefined)
  })
}
