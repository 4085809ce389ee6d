import { signs, weights } from '#matching/calls/call-model.ts'
import type { ProviderClock } from '#matching/calls/clock-evidence.ts'
import { openMemory } from '#matching/calls/decide-caller.ts'
import { type CallEvidence, matchCall, weigh } from '#matching/calls/match-call.ts'
import { judgeCalls } from '#tests/support/measures/judge-calls.ts'
import { callsOfWorld, decideWorld, type WorldCalls } from '#tests/support/world/calls-in-memory.ts'
import { type Simulation, simulate } from '#tests/support/world/simulate.ts'
import { easyWorld, hardWorld, type WorldOptions } from '#tests/support/world/world-options.ts'

/**
 * Fits the weights of matching/calls/call-model.ts to simulated worlds: those under which what really happened is the
 * likeliest. Prints them, and how calibrated the confidence is in worlds it was not fitted to. Needs no database:
 * `node --import tsx benchmarks/matching/fit-calls.ts [--fit]`.
 */

interface Weighed {
  evidence: CallEvidence
  /** Of the visit that truly led to the call; empty when no visit did. */
  session: string
}

interface Played {
  simulation: Simulation
  calls: WorldCalls
}

const ROUNDS = 4
const FACTORS = [0.6, 0.8, 0.9, 1.1, 1.25, 1.6]

/** Pools far too small and amply large, few visits and many. */
const kinds = (seed: number): WorldOptions[] => [
  hardWorld({ people: 2_500, seed }),
  hardWorld({ people: 4_000, days: 20, seed: seed + 1 }),
  hardWorld({ people: 3_000, days: 40, pool_share: 0.7, seed: seed + 2 }),
  easyWorld({ people: 3_000, days: 20, seed: seed + 3 }),
]

if (process.argv.includes('--fit')) {
  const worlds = await playAll([...kinds(11), ...kinds(21)])
  for (let round = 0; round < ROUNDS; round++) fitOnce(worlds.flatMap(weighWorld))
  for (const [name, value] of Object.entries({ ...weights, ...signs })) console.log(`${name}: ${round3(value)}`)
}
for (const { simulation, calls } of await playAll(kinds(101))) report(simulation, calls)

async function playAll(worlds: readonly WorldOptions[]): Promise<Played[]> {
  const played: Played[] = []
  for (const options of worlds) {
    const simulation = simulate(options)
    played.push({ simulation, calls: await callsOfWorld(simulation) })
  }
  return played
}

/** Each call with what is known when it is decided, under the weights as they stand. */
function weighWorld({ simulation, calls: { groups, shown, clocks } }: Played): Weighed[] {
  const truth = new Map(simulation.truth.calls.map((call) => [call.id, call.session]))
  return groups.flatMap(({ caller, calls }) => {
    const memory = openMemory(caller, shown)
    return calls
      .toSorted((a, b) => a.call.at - b.call.at)
      .flatMap((one) => {
        const session = truth.get(one.call.id)
        if (session === undefined || one.call.direction === 'out') return []
        const clock = clocks.get(one.call.id) as ProviderClock
        const evidence = memory.evidenceFor(one, clock)
        memory.note(one.call, matchCall(evidence), clock)
        return [{ evidence, session }]
      })
  })
}

/** Moves one weight at a time, as long as what happened becomes likelier. */
function fitOnce(calls: readonly Weighed[]): void {
  let best = likelihood(calls)
  for (const set of [weights, signs] as Record<string, number>[]) {
    for (const [name, value] of Object.entries(set)) {
      // All others are against this one.
      if (name === 'on_screen') continue
      for (const factor of FACTORS) {
        const before = set[name] ?? value
        set[name] = before * factor
        const now = likelihood(calls)
        if (now > best) best = now
        else set[name] = before
      }
    }
  }
  console.log(
    `mean logarithm of the chance given to what happened ${(best / calls.length).toFixed(4)} of ${calls.length}`,
  )
}

function likelihood(calls: readonly Weighed[]): number {
  let sum = 0
  for (const { evidence, session } of calls) {
    const { claims, unknown } = weigh(evidence)
    const total = claims.reduce((all, { weight }) => all + weight, unknown)
    sum += Math.log((claims.find((claim) => claim.session === session)?.weight ?? unknown) / total)
  }
  return sum
}

function report({ truth, options }: Simulation, calls: WorldCalls): void {
  const answers = decideWorld(calls).map(({ call, held }) => ({
    id: call.id,
    session: held?.best?.session ?? '',
    confidence: held?.best?.confidence ?? 0,
    reason: held?.best?.reason ?? 'none',
  }))
  const { all, inLease, byReason, calibration } = judgeCalls(truth.calls, answers)
  console.log(`\npool ${options.pool_share.toFixed(2)} of Erlang's, ${options.people} people in ${options.days} days`)
  console.log(`in lease ${inLease.calls}, matched ${inLease.matched}, right ${inLease.right}`)
  console.log(`all ${all.calls}, precision ${round3(all.right / all.matched)}, recall ${round3(all.right / all.known)}`)
  for (const [reason, { matched, right }] of Object.entries(byReason)) {
    if (matched > 0) console.log(`  ${reason} ${right} of ${matched} right`)
  }
  for (const { calls: count, said, right } of calibration) {
    if (count > 0) console.log(`  said ${round3(said / count)}, right ${round3(right / count)} of ${count}`)
  }
}

function round3(value: number): number {
  return Math.round(value * 1000) / 1000
}
