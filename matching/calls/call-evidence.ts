import { CLOCK_REACH_MS, type ClockEvidence, SKEW_MAX_MS } from './clock-evidence.ts'
import { isHeldByAny, SHIFT_REACH_MS } from './clock-shift.ts'
import { clickerKey, type Lease } from './match-call.ts'

/** Of so many leases that far away the nearest count. */
const FAR_LEASES_MAX = 250

/** What a call says of its clock, as the table keeps it. Undefined: nothing. `far`: leases of its number around it, if it is doubtful. */
export function clockEvidence(
  call: { at: number; session: string },
  about: {
    leases: readonly Lease[]
    clicks: ReadonlyMap<string, readonly number[]>
    heard_ms: number
    far?: readonly Lease[] | undefined
  },
): ClockEvidence | undefined {
  // Of a call whose session is named only that one's leases can tell.
  const own = about.leases.filter((lease) => lease.session === call.session)
  const near = (own.length > 0 ? own : about.leases).filter(
    (lease) =>
      lease.from_ms <= call.at + CLOCK_REACH_MS && Math.max(lease.to_ms, lease.seen_ms) >= call.at - CLOCK_REACH_MS,
  )
  const heard = about.heard_ms - call.at
  const far = about.far && againstCall(about.far, call.at).filter(isHeldByAny)
  const evidence = {
    leases: againstCall(near, call.at),
    clicks: [...new Set(near.flatMap((lease) => about.clicks.get(clickerKey(lease)) ?? []))]
      .map((click_ms) => click_ms - call.at)
      .sort((a, b) => a - b),
    // Later than the reach it bounds nothing, and whether it was an hour or a year would only be noise in the table.
    heard: Math.min(heard, far ? 2 * SHIFT_REACH_MS : 2 * SKEW_MAX_MS),
    ...(far && { far: nearest(far) }),
  }
  // Of a call told of late it counts that it was in a lease: others may not have been.
  const isLateAndHeld = heard > 2 * SKEW_MAX_MS && near.length > 0
  // Where nobody held the number it is kept as well: leases that land later look for it.
  return isLateAndHeld || far || saysSomething(evidence) ? evidence : undefined
}

function againstCall(leases: readonly Lease[], at: number): [from: number, seen: number, to: number][] {
  return leases
    .map(({ from_ms, seen_ms, to_ms }): [number, number, number] => [from_ms - at, seen_ms - at, to_ms - at])
    .sort(byTimes)
}

function nearest(leases: readonly [from: number, seen: number, to: number][]) {
  if (leases.length <= FAR_LEASES_MAX) return leases
  const byDistance = leases.toSorted((a, b) => Math.abs(a[0]) - Math.abs(b[0]) || byTimes(a, b))
  return byDistance.slice(0, FAR_LEASES_MAX).sort(byTimes)
}

function byTimes(a: readonly [number, number, number], b: readonly [number, number, number]): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2]
}

/** What the same call says of a clock that is off by whole quarter hours beside; undefined: nothing. */
export function shifted(evidence: ClockEvidence, shift_ms: number): ClockEvidence | undefined {
  const seen = shift_ms === 0 ? evidence : byShift(evidence, shift_ms)
  return seen && saysSomething(seen) ? seen : undefined
}

function byShift({ far, heard }: ClockEvidence, shift_ms: number): ClockEvidence | undefined {
  const leases = far
    ?.map(([from, seen, to]) => [from + shift_ms, seen + shift_ms, to + shift_ms] as const)
    .filter(([from, seen, to]) => from <= CLOCK_REACH_MS && Math.max(seen, to) >= -CLOCK_REACH_MS)
  return leases && { leases, clicks: [], heard: heard + shift_ms }
}

/** A call in the midst of a lease could have come by any clock. */
function saysSomething({ leases, clicks, heard }: ClockEvidence): boolean {
  const isNear = (edge_ms: number) => Math.abs(edge_ms) <= CLOCK_REACH_MS
  return heard < SKEW_MAX_MS || clicks.length > 0 || leases.some((edges) => edges.some(isNear))
}
