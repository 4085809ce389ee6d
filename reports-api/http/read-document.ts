import type { z } from 'zod'
import { Failure } from '#shell/failure.ts'

/** A settings document from the body of a PUT. The id of the path is the id; `version` is the server's and left aside. */
export function readDocument<Schema extends z.ZodType>(
  schema: Schema,
  id: string,
  { version: _, ...body }: Record<string, unknown>,
): z.output<Schema> {
  if (body.id !== undefined && body.id !== id) {
    throw new Failure('bad_request', `id: is not the id of the path, "${id}"`, { field: 'id' })
  }
  const parsed = schema.safeParse({ ...body, id })
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const keys = issue?.code === 'unrecognized_keys' ? [issue.keys[0] ?? ''] : []
  const field = [...(issue?.path ?? []), ...keys].join('.')
  const message = keys.length > 0 ? 'is no field of this document' : issue?.message
  throw new Failure('bad_request', `${field}: ${message}`, { field })
}
