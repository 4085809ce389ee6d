import type { Quality } from './clusters.ts'
import type { CallCount } from './judge-calls.ts'
import type { WorldQuality } from './judge-world.ts'

/** A world's quality as text, a line a measure. */
export function printQuality({ facts, people, calls, credit }: WorldQuality): string {
  const { best } = people
  const lines = [
    `facts ${facts}, identifiers judged ${people.identifiers}`,
    `pairwise          ${both(people.pairwise)}   best possible recall ${share(best.pairwise.recall)}`,
    `b-cubed           ${both(people.bCubed)}   best possible recall ${share(best.bCubed.recall)}`,
    `mixed clusters    ${people.mixedClusters}, the worst of ${people.largestMixed} people`,
    `shared            ${people.sharedFound.right} of ${people.sharedFound.of} join nobody; ${people.wronglyShared} of one person taken for shared`,
    `calls             ${counted(calls.all)}`,
    `calls in lease    ${counted(calls.inLease)}`,
  ]
  for (const [title, counts] of [
    ['number', calls.byHeld],
    ['provider', calls.byProvider],
    ['reason', calls.byReason],
  ] as const) {
    for (const [name, count] of Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1))) {
      lines.push(`  ${`${title} ${name}`.padEnd(28)} ${counted(count)}`)
    }
  }
  for (const { from, calls: n, said, right } of calls.calibration) {
    if (n > 0)
      lines.push(`  confidence from ${from.toFixed(2)}: ${n} calls, said ${share(said / n)}, right ${share(right / n)}`)
  }
  for (const [what, models] of Object.entries(credit)) {
    for (const [model, quality] of Object.entries(models)) {
      const { misplaced, leftOpen, leftOpenAtBest, inTotals } = quality
      lines.push(
        `${`${what}, ${model}`.padEnd(20)} misplaced ${share(misplaced)}, left open ${share(leftOpen)} (best ${share(leftOpenAtBest)}), wrong in totals ${share(inTotals)}`,
      )
    }
  }
  return lines.join('\n')
}

function both({ precision, recall }: Quality): string {
  return `precision ${share(precision)} recall ${share(recall)}`
}

function counted({ calls, known, matched, right }: CallCount): string {
  return `${calls} calls, ${known} known, ${matched} matched, ${right} right: precision ${share(right / (matched || 1))} recall ${share(right / (known || 1))}`
}

function share(value: number): string {
  return value.toFixed(4)
}
