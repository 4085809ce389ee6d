import { Failure } from '#shell/failure.ts'
import type { DocumentKind, Documents, Pool } from './documents.ts'
import type { Settings } from './settings.ts'

/** The other documents. */
type Others = Pick<Settings, 'get' | 'list'>

/** What holds between documents. Throws the Failure that tells the caller which field to change. */
export function checkPut<Kind extends DocumentKind>(kind: Kind, document: Documents[Kind], settings: Others): void {
  if (kind === 'pool') checkPool(document as Pool, settings)
  if (kind === 'pool' || kind === 'destination')
    checkSite((document as Documents['pool' | 'destination']).site, settings)
}

/** A site goes last: numbers cost money, so that what they belong to is never taken away by the way. */
export function checkRemove(kind: DocumentKind, id: string, settings: Others): void {
  if (kind !== 'site') return
  for (const dependent of ['pool', 'destination'] as const) {
    const found = settings.list(dependent).find(({ document }) => document.site === id)
    if (found) {
      throw new Failure('setting_in_use', `The ${dependent} "${found.document.id}" belongs to the site "${id}".`)
    }
  }
}

function checkSite(site: string, settings: Others): void {
  if (!settings.get('site', site)) refuse('site', `there is no site "${site}"`)
}

/** A number that rings in two pools would make every call to it a guess. */
function checkPool(pool: Pool, settings: Others): void {
  checkAddresses(pool)
  const own = new Set<string>()
  for (const number of pool.numbers) {
    if (own.has(number)) refuseNumber(number, pool.id)
    own.add(number)
  }
  for (const { document: other } of settings.list('pool')) {
    if (other.id === pool.id) continue
    for (const number of other.numbers) if (own.has(number)) refuseNumber(number, other.id)
    if (other.site === pool.site) checkChain(pool, other)
  }
}

/** What one pool shows and another gives way to would be swapped on, and be the number of neither. */
function checkChain(pool: Pool, other: Pool): void {
  const shown = shownOf(pool).find((number) => other.replaces.includes(number))
  if (shown) refuse('numbers', `${shown} is what the pool "${other.id}" replaces: pages would swap it on`)
  const replaced = pool.replaces.find((number) => shownOf(other).includes(number))
  if (replaced) refuse('replaces', `${replaced} is what the pool "${other.id}" shows: pages would swap it on`)
}

/** A static pool without `when` stands for something outside the site: pages never show its numbers. */
function shownOf({ kind, when, numbers }: Pool): readonly string[] {
  const isPrinted = kind === 'static' && Object.values(when ?? {}).every((list) => list === undefined)
  return isPrinted ? [] : numbers
}

/** Mail shows which pool it came through by its address alone, so that such a pool has one. */
function checkAddresses({ kind, numbers, replaces }: Pool): void {
  for (const [field, values] of Object.entries({ numbers, replaces })) {
    const wrong = values.find((value) => value.includes('@') !== (kind === 'email'))
    if (wrong) {
      const wanted = kind === 'email' ? 'addresses' : 'numbers'
      refuse(field, `${wrong} in a pool of ${wanted}`)
    }
  }
  if (kind === 'email' && numbers.length > 1) refuse('numbers', 'a pool of kind email has one address')
}

function refuseNumber(number: string, pool: string): never {
  refuse('numbers', `${number} stands in the pool "${pool}" already`)
}

function refuse(field: string, why: string): never {
  throw new Failure('bad_request', `${field}: ${why}`, { field })
}
