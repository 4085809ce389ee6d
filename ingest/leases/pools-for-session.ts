import { projectOf } from '#domain/project.ts'
import type { Pool } from '#storage/settings/documents.ts'

/** Where a session came from, which decides whose numbers it sees. */
export interface Sight {
  source: string
  channel: string
  landing_url: string
}

/**
 * The pools whose numbers a session may see, best first. Pools for just such sessions come before pools for all; among
 * those a dynamic one comes before a static one, which so is the fallback when the dynamic one is exhausted. A static
 * pool without `when` stands for something outside the site, such as a newspaper, and is never shown. Pools of e-mail
 * addresses are chosen like static ones.
 */
export function poolsForSession(pools: readonly Pool[], sight: Sight): Pool[] {
  return pools
    .map((pool) => ({ pool, rank: rankOf(pool, sight) }))
    .filter(({ rank }) => rank >= 0)
    .toSorted((a, b) => a.rank - b.rank || (a.pool.id < b.pool.id ? -1 : 1))
    .map(({ pool }) => pool)
}

function rankOf(pool: Pool, sight: Sight): number {
  const { when } = pool
  if (!when || Object.values(when).every((list) => list === undefined)) return pool.kind === 'dynamic' ? 2 : -1
  if (!fits(when, sight)) return -1
  return pool.kind === 'dynamic' ? 0 : 1
}

/** Every list that is given must name the session; an empty one names nobody. */
function fits(when: NonNullable<Pool['when']>, { source, channel, landing_url }: Sight): boolean {
  return (
    (!when.channels || when.channels.includes(channel)) &&
    (!when.sources || when.sources.some((name) => name.toLowerCase() === source.toLowerCase())) &&
    (!when.url_prefixes || isUnderPrefix(landing_url, when.url_prefixes))
  )
}

/** Prefixes mean what they mean in projects: whole labels of the host, whole steps of the path. */
function isUnderPrefix(url: string, url_prefixes: readonly string[]): boolean {
  return projectOf(url, [{ id: 'pool', url_prefixes }]) !== ''
}
