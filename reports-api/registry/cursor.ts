import { Failure } from '#shell/failure.ts'

/** A place in an order of rows, as a caller keeps it: opaque, and safe in a URL. */
export function writeCursor(key: readonly string[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url')
}

/** The key a cursor stands for; a Failure when it was not made by us for rows in this order. */
export function readCursor(cursor: string, keys: readonly { type: 'Int64' | 'String' }[]): string[] {
  const wrong = new Failure('bad_request', 'cursor: was not made by this route.', { field: 'cursor' })
  let key: unknown
  try {
    key = JSON.parse(Buffer.from(cursor, 'base64url').toString())
  } catch {
    throw wrong
  }
  const fits =
    Array.isArray(key) &&
    key.length === keys.length &&
    key.every((part, index) =>
      keys[index]?.type === 'Int64' ? typeof part === 'string' && /^-?\d{1,18}$/.test(part) : typeof part === 'string',
    )
  if (!fits) throw wrong
  return key as string[]
}
