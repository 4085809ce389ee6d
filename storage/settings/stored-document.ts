import { z } from 'zod'
import { Failure } from '#shell/failure.ts'
import {
  DestinationDocument,
  type DocumentKind,
  type Documents,
  PoolDocument,
  SiteDocument,
  TokenDocument,
  UserDocument,
} from './documents.ts'

const schemas = {
  site: SiteDocument,
  pool: PoolDocument,
  destination: DestinationDocument,
  user: UserDocument,
  token: z.strictObject({ ...TokenDocument.shape, secret_hash: z.string().regex(/^[0-9a-f]{64}$/) }),
}

export function isKind(kind: string): kind is DocumentKind {
  return Object.hasOwn(schemas, kind)
}

/** A document as it may be written; a Failure that names the field when it may not. */
export function checkDocument<Kind extends DocumentKind>(kind: Kind, id: string, document: unknown): Documents[Kind] {
  const parsed = schemas[kind].safeParse(document)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const field = issue?.path.join('.') || 'body'
    throw new Failure('bad_request', `${field}: ${issue?.message ?? 'is not valid'}`, { field })
  }
  if (parsed.data.id !== id) throw new Failure('bad_request', 'id: must be the one in the path', { field: 'id' })
  // The schema of this very kind has made it.
  return parsed.data as Documents[Kind]
}

export type Read<Kind extends DocumentKind> = { document: Documents[Kind] } | { trouble: string }

/**
 * A document as it was stored, perhaps by a newer version of ourselves: fields that are not known here are left out, so
 * that going back a version does not take a site away from under its visitors.
 */
export function readDocument<Kind extends DocumentKind>(kind: Kind, text: string): Read<Kind> {
  const value = parseJson(text)
  const first = schemas[kind].safeParse(value)
  const parsed = first.success ? first : schemas[kind].safeParse(withoutUnknown(value, first.error))
  if (parsed.success) return { document: parsed.data as Documents[Kind] }
  return { trouble: parsed.error.issues.map(({ path, code }) => `${path.join('.')}: ${code}`).join(', ') }
}

function withoutUnknown(value: unknown, error: z.ZodError): unknown {
  const copy = structuredClone(value)
  for (const issue of error.issues) {
    if (issue.code !== 'unrecognized_keys') continue
    let holder: unknown = copy
    for (const step of issue.path) holder = (holder as Record<PropertyKey, unknown>)[step]
    for (const key of issue.keys) delete (holder as Record<string, unknown>)[key]
  }
  return copy
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
