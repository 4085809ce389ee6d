import { nanoid } from 'nanoid'
import { z } from 'zod'
import type { Log } from '#ingest/log/log.ts'
import { parseName } from '#ingest/quarantine/quarantine-rows.ts'
import type { QuarantineWatch } from '#ingest/quarantine/quarantine-watch.ts'
import { replayQuarantine } from '#ingest/quarantine/replay-rows.ts'
import type { Clock } from '#shell/clock.ts'
import { Failure } from '#shell/failure.ts'
import type { App } from '#shell/http.ts'
import type { Store } from '#storage/client.ts'
import { factTableNames } from '#storage/fact-tables.ts'

const ROWS_MAX = 1_000

const Replay = z.object({
  table: z.enum(factTableNames).optional(),
  rows: z
    .array(z.string().refine((text) => parseName(text) !== undefined, 'is no row of the quarantine'))
    .max(ROWS_MAX)
    .optional(),
})

/** The owner's `quarantine replay`: only the process that has the log can put a row into it. */
export function registerQuarantineControl(
  app: App,
  { store, log, now, watch }: { store: () => Store | undefined; log: Log; now: Clock; watch: QuarantineWatch },
): void {
  const config = { scope: 'admin' as const }
  app.post('/control/quarantine/replay', { config, schema: { hide: true, body: Replay } }, async ({ body, access }) => {
    if (!access?.reaches('')) throw new Failure('forbidden', 'This token does not reach every site.')
    const from = store()
    if (!from) throw new Failure('store_away', 'The quarantine is in ClickHouse, which is away.', { retry_after_s: 5 })
    const keys = body.rows?.map(parseName).filter((key) => key !== undefined)
    const report = await replayQuarantine({ store: from, log, now, newId: nanoid }, { table: body.table, keys })
    watch.replayed(report.replayed)
    return report
  })
}
