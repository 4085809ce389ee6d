import closeWithGrace from 'close-with-grace'
import { leave } from './leave.ts'
import type { Logger } from './logger.ts'

/** A terminal that is closed says SIGHUP; without one it comes from an operator, and means something else. */
export const isHangupTheEnd: boolean = process.stdout.isTTY === true
const signals = ['SIGTERM', 'SIGINT', ...(isHangupTheEnd ? (['SIGHUP'] as const) : [])] as const
/** Longer than everything that closing waits for, added up. */
const CLOSE_MS = 30_000
/** npm hands a signal on to a service that the terminal, or the init system, has told already. */
const ECHO_MS = 2_000

/** Ends the process on a signal or an error, after `close`; a second signal, sent on purpose, ends it at once. */
export function endWithSignals(close: () => Promise<void>, log: Logger): void {
  let cause: string | undefined
  let first_ms = 0
  const grace = closeWithGrace(
    {
      delay: CLOSE_MS,
      logger: { error: () => {} },
      // SIGHUP is dealt with here, or restarts workers.
      skip: [...signals, 'SIGHUP'],
      onTimeout: () => log.fatal('closing took too long'),
      onSecondError: (err) => log.fatal({ err }, 'a second error while closing'),
    },
    async ({ err }) => {
      if (err) log.fatal({ err }, 'closing after an error')
      else log.info({ signal: cause }, 'closing')
      await close()
      log.info('closed')
      if (cause === 'SIGHUP') leave()
    },
  )
  const onSignal = (signal: NodeJS.Signals) => {
    if (cause === undefined) {
      cause = signal
      first_ms = performance.now()
      void grace.close()
    } else if (performance.now() - first_ms > ECHO_MS) {
      log.warn({ signal }, 'told to end a second time, leaving at once')
      process.exit(1)
    }
  }
  for (const signal of signals) process.on(signal, onSignal)
}
