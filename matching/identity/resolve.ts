/** An edge between two members of a group, by their places in it. */
export interface Link {
  a: number
  b: number
  /** Said by a browser: such an edge never joins two persons who each have a CRM contact. */
  claimed: boolean
}

export interface Resolved {
  /** For each member the number of its person; numbers are those of one member each. */
  persons: number[]
  /** For each link whether it joins. */
  joins: boolean[]
}

/**
 * Says who is one person in a group of identifiers. Links are in the order of receipt; what servers, providers and the
 * CRM say comes first, so that the answer depends on the set of links and never on when they became known.
 */
export function resolve(members: readonly { isContact: boolean }[], links: readonly Link[]): Resolved {
  const parents = members.map((_, index) => index)
  const hasContact = members.map((member) => member.isContact)
  const find = (index: number): number => {
    let at = index
    while (parents[at] !== at) {
      // Halving the path keeps later look-ups short.
      parents[at] = parents[parents[at] as number] as number
      at = parents[at] as number
    }
    return at
  }
  const join = (a: number, b: number) => {
    // The lower number stays: it does not matter which, only that it is the same every time.
    const [low, high] = a < b ? [a, b] : [b, a]
    parents[high] = low
    hasContact[low] = Boolean(hasContact[low] || hasContact[high])
  }
  const joins = links.map(() => true)
  for (const link of links) if (!link.claimed) join(find(link.a), find(link.b))
  links.forEach((link, index) => {
    if (!link.claimed) return
    const [a, b] = [find(link.a), find(link.b)]
    if (a !== b && hasContact[a] && hasContact[b]) joins[index] = false
    else join(a, b)
  })
  return { persons: members.map((_, index) => find(index)), joins }
}
