import { ClickHouseError, parseError } from '@clickhouse/client'

/**
 * ClickHouse refused. Its own text is cut at the code, because it can quote the row; kept only where it cannot. Everything
 * else that a store throws is the connection's error, with Node's code, or the caller's own end of the call.
 */
export class StoreError extends Error {
  /** ClickHouse's number of the error as the client has it, in digits: `241`. */
  readonly code: string
  /** ClickHouse's name of the error: `MEMORY_LIMIT_EXCEEDED`. */
  readonly type: string

  constructor(code: string, type: string, text: string) {
    super(`ClickHouse: ${code} ${type}${text === '' ? '' : `: ${text}`}`)
    this.name = 'StoreError'
    this.code = code
    this.type = type
  }
}

/** What ClickHouse refused with; nothing when it never got that far. */
export function storeError(error: unknown): { code: number; name: string } | undefined {
  return error instanceof StoreError ? { code: Number(error.code), name: error.type } : undefined
}

/** Makes an error of the ClickHouse client ours. */
export function toStoreError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof StoreError) return error
  const refused = error instanceof ClickHouseError ? error : parseError(error)
  if (!(refused instanceof ClickHouseError)) {
    // The engine's libraries speak too, without a name for what is wrong.
    const code = /^(?:Poco|std)::\S+ Code: (\d+)/.exec(error.message)?.[1]
    return code === undefined ? error : new StoreError(code, 'UNKNOWN', '')
  }
  return new StoreError(refused.code, refused.type ?? 'UNKNOWN', safeText(refused))
}

const TEXT_MAX = 500

function safeText({ code, message }: ClickHouseError): string {
  if (quotesNoRow.has(code)) return message.trim().slice(0, TEXT_MAX)
  // The column is worth knowing when a row is refused. Names of ours have no digits, so this is no part of a phone.
  return /while reading the value of key [a-z_]{1,40}\b/.exec(message)?.[0] ?? ''
}

/** Errors whose text names tables, columns, functions and limits. All others can quote what was sent. */
const quotesNoRow: ReadonlySet<string> = new Set([
  '46', // UNKNOWN_FUNCTION
  '47', // UNKNOWN_IDENTIFIER
  '57', // TABLE_ALREADY_EXISTS
  '60', // UNKNOWN_TABLE
  '81', // UNKNOWN_DATABASE
  '115', // UNKNOWN_SETTING
  '159', // TIMEOUT_EXCEEDED
  '164', // READONLY
  '202', // TOO_MANY_SIMULTANEOUS_QUERIES
  '216', // QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING
  '241', // MEMORY_LIMIT_EXCEEDED
  '243', // NOT_ENOUGH_SPACE
  '252', // TOO_MANY_PARTS
  '497', // ACCESS_DENIED
])
