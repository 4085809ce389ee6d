import type { Truth } from '../world/truth.ts'

/** Requests: forms, calls and messages of other roads, each counted once however often it was told. */
export interface RequestQuality {
  requests: number
  /** True requests that the history does not count. */
  missing: number
  /** What the history counts although it is another one told again, or nobody's. */
  doubled: number
}

/** Compares the leads of the history with the requests that people made; those of bots are left out. */
export function judgeRequests(truth: Truth, leads: Iterable<{ id: string; fact: string }>): RequestQuality {
  const requests = new Set(truth.conversions.filter(({ kind }) => kind === 'lead').map(({ id }) => id))
  const counted = new Set<string>()
  let doubled = 0
  for (const { id, fact } of leads) {
    const owner = truth.owners[truth.numbers.get(`${fact}\n${id}`) ?? -1]
    if (requests.has(id)) counted.add(id)
    else if (owner === undefined || !truth.bots.has(owner)) doubled += 1
  }
  return { requests: requests.size, missing: requests.size - counted.size, doubled }
}
