import type { Quality } from './clusters.ts'
import { type CallCount, type CallQuality, isRightShare } from './judge-calls.ts'
import type { WorldQuality } from './judge-world.ts'

/** A world's quality as text, a line a measure. */
export function printQuality({ facts, people, calls, requests, credit }: WorldQuality): string {
  const { best, sharedFound } = people
  const lines = [
    `facts ${facts}, identifiers judged ${people.identifiers}`,
    `pairwise          ${both(people.pairwise)}, best possible recall ${share(best.pairwise.recall)}`,
    `b-cubed           ${both(people.bCubed)}, best possible recall ${share(best.bCubed.recall)}`,
    `mixed clusters    ${people.mixedClusters}, the worst of ${people.largestMixed} people`,
    `shared            ${sharedFound.right} of ${sharedFound.of} join nobody; ${people.wronglyShared} of one person taken for shared`,
    `calls             ${counted(calls.all)}`,
    `calls in a lease  ${counted(calls.inLease)}`,
    ...callLines(calls),
    `requests          ${requests.requests}, ${requests.missing} missing, ${requests.doubled} counted twice`,
  ]
  for (const [what, models] of Object.entries(credit)) {
    for (const [model, quality] of Object.entries(models)) {
      const { misplaced, misplacedAtBest, leftOpen, leftOpenAtBest, inTotals } = quality
      lines.push(
        `${`${what}, ${model}`.padEnd(20)} misplaced ${share(misplaced)} (at best ${share(misplacedAtBest)}), left open ${share(leftOpen)} (at best ${share(leftOpenAtBest)}), wrong in totals ${share(inTotals)}`,
      )
    }
  }
  return lines.join('\n')
}

/** One line of a table with a row for each rule that is left out. */
export function printShort(title: string, { people, calls, credit }: WorldQuality): string {
  const inLease = isRightShare(calls.inLease)
  const { last, linear } = credit.revenue
  return [
    title.padEnd(18),
    share(people.pairwise.precision),
    share(people.pairwise.recall),
    share(people.bCubed.precision),
    share(people.bCubed.recall),
    String(people.largestMixed).padStart(5),
    share(inLease),
    share(calls.all.right / (calls.all.matched || 1)),
    share(calls.all.right / (calls.all.known || 1)),
    share(last.misplaced),
    share(linear.misplaced),
    share(last.leftOpen),
  ].join('  ')
}

export const shortHeader =
  'rule left out       pair P  pair R  b3 P    b3 R    mixed  lease   call P  call R  last !  lin. !  open'

function callLines({ byHeld, byProvider, byReason, calibration }: CallQuality): string[] {
  const lines: string[] = []
  for (const [title, counts] of Object.entries({ number: byHeld, provider: byProvider, reason: byReason })) {
    for (const [name, count] of Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1))) {
      lines.push(`  ${`${title} ${name}`.padEnd(28)} ${counted(count)}`)
    }
  }
  for (const { from, calls, said, right } of calibration) {
    if (calls === 0) continue
    lines.push(
      `  confidence from ${from.toFixed(2)}: ${calls} calls, said ${share(said / calls)}, right ${share(right / calls)}`,
    )
  }
  return lines
}

function both({ precision, recall }: Quality): string {
  return `precision ${share(precision)}, recall ${share(recall)}`
}

function counted({ calls, known, matched, right }: CallCount): string {
  const precision = matched === 0 ? '-' : share(right / matched)
  return `${calls} calls, ${known} known, ${matched} matched, ${right} right: precision ${precision}, recall ${known === 0 ? '-' : share(right / known)}`
}

function share(value: number): string {
  return value.toFixed(4)
}
