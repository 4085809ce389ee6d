/** What somebody said by hand of two members of a group: that they are one person, or that they are not. */
export interface Hand {
  a: number
  b: number
  says: 'one' | 'two'
}

/** What of it counts. */
export interface StandingHands {
  merges: readonly Hand[]
  splits: readonly Hand[]
}

/**
 * Of merges and splits that contradict each other the newest counts. `hands` come newest first. `joined` tells which
 * members are one person when only some of what was said counts.
 */
export function standingHands(
  hands: readonly Hand[],
  joined: (some: StandingHands) => (member: number) => number,
): StandingHands {
  const firm = withoutDirectContradictions(hands)
  const standing = (some: readonly Hand[]): StandingHands => ({
    merges: some.filter(({ says }) => says === 'one'),
    splits: some.filter(({ says }) => says === 'two'),
  })
  // A merge of two persons is about all that each of them is: an older split between those parts is taken back by it.
  const voided = firm.filter((split, index) => {
    if (split.says !== 'two') return false
    const newer = firm.slice(0, index).filter(({ says }) => says === 'one')
    if (newer.length === 0) return false
    const partOf = joined(standing(firm.filter((hand) => !newer.includes(hand))))
    const [a, b] = [partOf(split.a), partOf(split.b)]
    return newer.some((merge) => {
      const [c, d] = [partOf(merge.a), partOf(merge.b)]
      return (a === c && b === d) || (a === d && b === c)
    })
  })
  return standing(firm.filter((hand) => !voided.includes(hand)))
}

/** Leaves out what newer words on the very same members contradict. */
function withoutDirectContradictions(hands: readonly Hand[]): Hand[] {
  const parts = new Map<number, number>()
  const partOf = (member: number) => parts.get(member) ?? member
  const firm: Hand[] = []
  for (const hand of hands) {
    const [a, b] = [partOf(hand.a), partOf(hand.b)]
    if (hand.says === 'two') {
      if (a !== b) firm.push(hand)
      continue
    }
    const isSplit = firm.some((other) => {
      if (other.says !== 'two') return false
      const [c, d] = [partOf(other.a), partOf(other.b)]
      return (a === c && b === d) || (a === d && b === c)
    })
    if (isSplit) continue
    firm.push(hand)
    for (const member of new Set([a, b, hand.a, hand.b, ...parts.keys()])) {
      if (partOf(member) === Math.max(a, b)) parts.set(member, Math.min(a, b))
    }
  }
  return firm
}
