import type { ErrorLogParams, Logger, WarnLogParams } from '@clickhouse/client'
import { storeError, toStoreError } from './store-error.ts'

export interface StoreLog {
  warn(fields: object, message: string): void
}

/** The ClickHouse client's own words, in our log: without its arguments, which can hold SQL and rows. */
export function clientLogger(log: StoreLog | undefined): new () => Logger {
  const say = ({ module, message, err }: WarnLogParams | ErrorLogParams) => {
    const refused = err && storeError(toStoreError(err))
    log?.warn({ module, said: message, ...refused }, 'ClickHouse client')
  }
  return class {
    trace(): void {}
    debug(): void {}
    info(): void {}
    warn(params: WarnLogParams): void {
      say(params)
    }
    error(params: ErrorLogParams): void {
      say(params)
    }
  }
}
