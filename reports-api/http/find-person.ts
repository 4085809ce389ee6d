import { normalizeGa, normalizeYm } from '#domain/client-id.ts'
import { normalizeEmail } from '#domain/email.ts'
import { type IdentifierKind, identifierKinds } from '#domain/identifier.ts'
import { normalizePhone } from '#domain/phone.ts'
import { Failure } from '#shell/failure.ts'
import type { Site } from '#storage/settings/documents.ts'
import type { Reader } from './reader.ts'

export interface Identifier {
  kind: IdentifierKind
  value: string
}

/** Names of the query parameters a person can be found by. */
export const lookups = [
  'phone',
  'email',
  'visitor',
  'client_id',
  'user',
  'contact',
  'session',
  'call',
  'lead',
  'deal',
] as const

export type Lookup = (typeof lookups)[number]

/** The identifier a caller means, spelled as history spells it; a Failure when it cannot be read. */
export function readIdentifier(by: Lookup, value: string, region: string): Identifier {
  if (by === 'phone') return { kind: 'phone', value: phoneIn(value, region) ?? unreadable('phone', 'is no phone') }
  if (by === 'email') return { kind: 'email', value: normalizeEmail(value) ?? unreadable('email', 'is no email') }
  if (by !== 'client_id') return { kind: by, value }
  const [system, id] = [value.slice(0, 3), value.slice(3)]
  if (system === 'ga:')
    return { kind: 'ga', value: normalizeGa(id) ?? unreadable('client_id', 'is no client id of ga') }
  if (system === 'ym:')
    return { kind: 'ym', value: normalizeYm(id) ?? unreadable('client_id', 'is no client id of ym') }
  return unreadable('client_id', 'must begin with ga: or ym:')
}

/** Behind an extension sits somebody else than behind the bare number. */
function phoneIn(text: string, region: string): string | undefined {
  const read = normalizePhone(text, region)
  return read && (read.extension === '' ? read.phone : `${read.phone};ext=${read.extension}`)
}

function unreadable(field: string, why: string): never {
  throw new Failure('bad_request', `${field}: ${why}`, { field })
}

/** Whose an identifier is; a Failure when it is nobody's, or shared by several. */
export async function personBy(
  reader: Pick<Reader, 'query'>,
  site: Site,
  { kind, value }: Identifier,
): Promise<string> {
  const [found] = await reader.query<{ person: string; shared: number; candidates: string[] }>(
    `SELECT person, shared, candidates FROM identities FINAL
     WHERE site = {site:String} AND kind = {kind:String} AND value = {value:String}`,
    { site: site.id, kind, value },
  )
  if (found?.shared === 1) throw shared(kind, found.candidates)
  if (found?.person) return found.person
  // Only sessions as they were sent are identifiers; the pieces a server cut them into are known as sessions.
  const piece = kind === 'session' ? await personOfSession(reader, site.id, value) : undefined
  if (piece) return piece
  throw new Failure('person_not_found', `Nobody is known by this ${kind}.`, { field: kind })
}

async function personOfSession(reader: Pick<Reader, 'query'>, site: string, id: string): Promise<string | undefined> {
  const [found] = await reader.query<{ person: string }>(
    'SELECT person FROM sessions FINAL WHERE site = {site:String} AND id = {id:String}',
    { site, id },
  )
  return found?.person
}

/** The person of today that an id leads to: ids of merged and of split persons go on leading to who holds their founder. */
export async function personOfId(reader: Pick<Reader, 'query'>, site: Site, id: string): Promise<string> {
  const found = await reader.query<{
    kind: string
    person: string
    shared: number
    candidates: string[]
    founded: number
  }>(
    `SELECT kind, person, shared, candidates, founds = {id:String} AS founded FROM identities FINAL
     WHERE site = {site:String} AND (founds = {id:String} OR person = {id:String})
     ORDER BY founded DESC
     LIMIT 2`,
    { site: site.id, id },
  )
  const founder = found.find(({ founded }) => founded === 1)
  if (founder?.person) return founder.person
  if (found.some(({ person }) => person === id)) return id
  if (founder?.shared === 1) throw shared(founder.kind, founder.candidates)
  throw new Failure('person_not_found', `There is no person "${id}".`)
}

function shared(kind: string, candidates: string[]): Failure {
  return new Failure('identifier_shared', `Several persons share this ${kind}, so that it is nobody's.`, {
    field: kind,
    details: { candidates },
  })
}

/** `kind:value`, the id of a person, or a bare value: every identifier it can mean that is known. */
export async function knownIdentifiers(reader: Pick<Reader, 'query'>, site: Site, text: string): Promise<Identifier[]> {
  const cut = text.indexOf(':')
  const named = identifierKinds.find((kind) => kind === text.slice(0, cut))
  const value = named ? text.slice(cut + 1) : text
  const values = [...new Set([value, phoneIn(value, site.region), normalizeEmail(value), normalizeGa(value)])]
  const kinds: readonly string[] = named ? [named] : identifierKinds
  const params = { site: site.id, kinds, values: values.filter((item) => item !== undefined), value }
  const found = await reader.query<Identifier>(
    `SELECT kind, value FROM identities FINAL
     WHERE site = {site:String} AND kind IN ({kinds:Array(String)}) AND value IN ({values:Array(String)})
     UNION ALL
     SELECT kind, value FROM identities FINAL WHERE site = {site:String} AND founds = {value:String}`,
    params,
  )
  if (found.length > 0) return found
  // The company's own identifiers are nobody's, and yet facts name them.
  return reader.query<Identifier>(
    `SELECT DISTINCT a_kind AS kind, a_value AS value FROM edges FINAL
     WHERE site = {site:String} AND a_kind IN ({kinds:Array(String)}) AND a_value IN ({values:Array(String)})
     UNION DISTINCT
     SELECT DISTINCT b_kind AS kind, b_value AS value FROM edges FINAL
     WHERE site = {site:String} AND b_kind IN ({kinds:Array(String)}) AND b_value IN ({values:Array(String)})`,
    params,
  )
}
