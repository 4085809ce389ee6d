import type { Access } from '#shell/access.ts'
import { Failure } from '#shell/failure.ts'
import type { DocumentKind, Documents, Versioned } from '#storage/settings/documents.ts'

/** What stands where a secret would: long enough to be one, and never one. */
export const HIDDEN_SECRET = '••••••••••••••••'

/** A document as it leaves: with its version, and without what nobody may see again. */
export function shown<Kind extends DocumentKind>(
  kind: Kind,
  { version, document }: Versioned<Documents[Kind]>,
): object {
  if (kind === 'token') {
    const { secret_hash: _, ...token } = document as Documents['token']
    return { ...token, version }
  }
  if (kind === 'destination') return { ...document, secret: HIDDEN_SECRET, version }
  return { ...document, version }
}

/** A token bound to sites sees and changes what belongs to those sites alone. */
export function reachable(access: Access | undefined, kind: DocumentKind, document: Documents[DocumentKind]): boolean {
  if (!access) return false
  // No site has an empty name: only a token that is bound to none reaches it.
  if (access.reaches('')) return true
  if (kind === 'site') return access.reaches(document.id)
  if ('site' in document) return access.reaches(document.site)
  const { sites } = document as Documents['user'] | Documents['token']
  return sites !== undefined && sites.length > 0 && sites.every((site) => access.reaches(site))
}

/** Throws when the document is beyond the token's sites: a bound token may not make one that reaches further than itself. */
export function mayChange(access: Access | undefined, kind: DocumentKind, document: Documents[DocumentKind]): void {
  if (!reachable(access, kind, document)) {
    throw new Failure('forbidden', `This token may not touch the ${kind} "${document.id}".`)
  }
}
