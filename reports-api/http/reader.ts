import { Failure } from '#shell/failure.ts'
import type { Params, Store } from '#storage/client.ts'

/** What routes read history with: the store's queries, with failures that a caller can be told. */
export interface Reader {
  query<Row>(sql: string, params?: Params): Promise<Row[]>
  stream<Row>(sql: string, params?: Params): AsyncIterable<Row[]>
}

/** Reads through whatever store there is at that moment. */
export function openReader(store: () => Store | undefined): Reader {
  return {
    async query<Row>(sql: string, params: Params = {}) {
      try {
        return await present(store).query<Row>(sql, params)
      } catch (error) {
        throw readFailure(error)
      }
    },
    async *stream<Row>(sql: string, params: Params = {}) {
      try {
        yield* present(store).stream<Row>(sql, params)
      } catch (error) {
        throw readFailure(error)
      }
    },
  }
}

function present(store: () => Store | undefined): Store {
  const found = store()
  if (!found) throw storeAway()
  return found
}

function storeAway(cause?: unknown): Failure {
  return new Failure('store_away', 'ClickHouse is away: history cannot be read now.', { retry_after_s: 2, cause })
}

function readFailure(error: unknown): Failure {
  if (error instanceof Failure) return error
  const { code, type } = error as { code?: unknown; type?: unknown }
  // An answer of the engine has a number; whatever has none never got that far. The engine's text may quote a row, so that
  // only its code goes on to the log.
  if (typeof code === 'string' && /^\d+$/.test(code)) {
    const cause = new Error(`ClickHouse refused a query: ${code} ${String(type ?? '')}`.trim())
    return new Failure('internal', 'Something went wrong on our side.', { cause })
  }
  return storeAway(error)
}
