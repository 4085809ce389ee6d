import { type ClockEvidence, SKEW_MAX_MS } from './clock-evidence.ts'
import { type Lease, presence } from './match-call.ts'

/**
 * Clocks that are off by whole quarter hours: set to another zone, or to none. Every zone is whole quarter hours from every
 * other. Such a clock is told by leases: it is the one by which calls rang while somebody held their numbers.
 */
export const SHIFT_STEP_MS = 15 * 60_000

/** No zone is further from Greenwich. */
export const SHIFT_MAX_MS = 14 * 3_600_000

/** Leases that begin or end further from a call, by whichever of these clocks, say nothing of it. */
export const SHIFT_REACH_MS = SHIFT_MAX_MS + SKEW_MAX_MS

/** A message that comes so soon after the end of its call was sent when it ended. */
const LIVE_MAX_MS = 10 * 60_000
const PUNCTUAL_MS = 2 * 60_000

/** A message that comes so long before its call tells of a clock that is nearer to another zone than to ours. */
const EARLY_MIN_MS = SHIFT_STEP_MS / 2

/** Edges of leases are blurred by so much: within the quarter hour a clock may be off as any other. */
const BLUR_MS = 20_000

/** How often a call comes that no lease tells of, by its true clock: a number kept, passed on, or dialled by mistake. */
const UNKNOWN = 0.05
/** A message is here before its call has rung, by more than any clock wavers. */
const HEARD_BEFORE = 0.01
/** By a clock that makes a late message one that was sent at once. */
const PUNCTUAL = 3
/** What a call says against every other clock that fits ours and has nothing strange about it. Thousandths of a logarithm. */
const SAYS_RIGHT = 1_200
/** What a change of the clock has to be worth: some four calls that agree by the new one alone. */
const CHANGE = 12_000

/** A clock is off by quarter hours only where so many calls rang in a lease by it, and so many of those that could tell. */
const AGREEING_MIN = 5
const AGREEING_SHARE_MIN = 0.6
const AGREES = 0.2

/**
 * And for so long, unless of half of them a message came before the call. Where nobody was seen for some hours, of a night or before there was a
 * tracker, one shift puts all calls of them beside somebody; by none does it do so of more hours than a zone has.
 */
const LASTING_MS = 24 * 3_600_000

const STEPS = SHIFT_MAX_MS / SHIFT_STEP_MS
const SHIFTS = 2 * STEPS + 1

/** What one call says of such clocks. */
export interface ShiftVote {
  /** For each clock how well it agrees, in thousandths of a natural logarithm: sums are the same in every order. */
  support: Int32Array
  /** For each clock whether somebody held the number by it. */
  agrees: Uint8Array
  /** Whether the number was held at all within reach. */
  isTold: boolean
  /** Whether a message was here before it rang. */
  isEarly: boolean
}

export interface DatedVote {
  id: string
  at: number
  vote: ShiftVote
}

/** From one moment of the provider's clock on it is ahead by so much. */
export interface ShiftPiece {
  from_ms: number
  shift_ms: number
  /** Calls that rang in a lease by it, of those that could tell. */
  agreeing: number
  told: number
}

export const neverShifted: readonly ShiftPiece[] = [{ from_ms: -Infinity, shift_ms: 0, agreeing: 0, told: 0 }]

/**
 * Whether a call can hardly have rung when its provider says: the message was here before it, or it came late and nobody
 * held the number; or late by whole quarter hours, whoever held it. Only of these more leases are looked at.
 * `came_ms`: when its first message was here, `heard_ms`: less how long the call took by then.
 */
export function isDoubtful(
  call: { at: number; session: string },
  { leases, heard_ms, came_ms }: { leases: readonly Lease[]; heard_ms: number; came_ms: number },
): boolean {
  if (call.session !== '') return false
  // Some senders give the end of a call as its time, and some clocks are minutes fast: neither is a zone.
  if (call.at - came_ms > EARLY_MIN_MS) return true
  const heard = heard_ms - call.at
  if (heard <= LIVE_MAX_MS) return false
  const isWhole = (heard + SKEW_MAX_MS) % SHIFT_STEP_MS <= SKEW_MAX_MS + PUNCTUAL_MS
  const isHeld = leases.some(
    ({ from_ms, seen_ms, to_ms }) =>
      from_ms - SKEW_MAX_MS <= call.at && call.at <= Math.max(seen_ms, to_ms) + SKEW_MAX_MS,
  )
  return isWhole || !isHeld
}

/** Whether a lease, in milliseconds against the call, is held by any of these clocks. */
export function isHeldByAny([from_ms, seen_ms, to_ms]: readonly [number, number, number]): boolean {
  const [first, last] = stepsOf(from_ms, Math.max(seen_ms, to_ms))
  return first <= last
}

export function voteOf({ far, leases, heard }: ClockEvidence): ShiftVote | undefined {
  if (!far) return leases.length > 0 ? saysRight : undefined
  const rates = new Float64Array(SHIFTS)
  for (const [from_ms, seen_ms, to_ms] of far) {
    const [first, last] = stepsOf(from_ms, Math.max(seen_ms, to_ms))
    for (let step = first; step <= last; step++) {
      const moment = { at_ms: -step * SHIFT_STEP_MS, jitter_ms: BLUR_MS }
      rates[step + STEPS] = (rates[step + STEPS] as number) + presence({ from_ms, seen_ms, to_ms }, moment)
    }
  }
  const support = Int32Array.from(rates, (rate, place) => {
    const told_ms = heard + shiftAt(place)
    const sent = told_ms < -SKEW_MAX_MS ? HEARD_BEFORE : told_ms <= PUNCTUAL_MS ? PUNCTUAL : 1
    return Math.round(1000 * Math.log((Math.min(rate, 1) + UNKNOWN) * sent))
  })
  const agrees = Uint8Array.from(rates, (rate) => Number(rate >= AGREES))
  return { support, agrees, isTold: far.length > 0, isEarly: heard <= LIVE_MAX_MS }
}

/** The clocks, as whole steps, by which a call rang between these moments against it. */
function stepsOf(from_ms: number, to_ms: number): [first: number, last: number] {
  return [
    Math.max(-STEPS, Math.ceil((-to_ms - SKEW_MAX_MS) / SHIFT_STEP_MS)),
    Math.min(STEPS, Math.floor((-from_ms + SKEW_MAX_MS) / SHIFT_STEP_MS)),
  ]
}

const saysRight: ShiftVote = {
  support: Int32Array.from({ length: SHIFTS }, (_, place) => (place === STEPS ? 0 : -SAYS_RIGHT)),
  agrees: Uint8Array.from({ length: SHIFTS }, (_, place) => Number(place === STEPS)),
  isTold: true,
  isEarly: false,
}

/**
 * How a provider's clock was set, over calls in the order of their times: the course that agrees best with all of them, where
 * each change costs something (Viterbi). A clock is right unless enough calls agree that it was not.
 */
export function shiftsOf(votes: readonly DatedVote[]): readonly ShiftPiece[] {
  const places = bestCourse(votes)
  const pieces: ShiftPiece[] = []
  let begun = 0
  for (let end = 1; end <= votes.length; end++) {
    const place = places[begun] as number
    if (end < votes.length && places[end] === place) continue
    const piece = pieceOf(votes.slice(begun, end), place, begun === 0)
    const before = pieces.at(-1)
    // Two that were not believed are one.
    if (before?.shift_ms === piece.shift_ms) Object.assign(before, summed(before, piece))
    else pieces.push(piece)
    begun = end
  }
  return pieces.length === 0 ? neverShifted : pieces
}

function pieceOf(votes: readonly DatedVote[], place: number, isFirst: boolean): ShiftPiece {
  const from_ms = isFirst ? -Infinity : (votes[0] as DatedVote).at
  const agreeingBy = (at: number) => votes.filter(({ vote }) => vote.agrees[at] === 1)
  const told = votes.filter(({ vote }) => vote.isTold).length
  const agreeing = agreeingBy(place)
  const isSure = place === STEPS || (agreeing.length >= AGREEING_SHARE_MIN * told && isBorneOut(agreeing))
  return isSure
    ? { from_ms, shift_ms: shiftAt(place), agreeing: agreeing.length, told }
    : { from_ms, shift_ms: 0, agreeing: agreeingBy(STEPS).length, told }
}

function isBorneOut(agreeing: readonly DatedVote[]): boolean {
  const [first, last] = [agreeing[0], agreeing.at(-1)]
  if (!first || !last || agreeing.length < AGREEING_MIN) return false
  return last.at - first.at >= LASTING_MS || agreeing.filter(({ vote }) => vote.isEarly).length * 2 >= agreeing.length
}

function summed(a: ShiftPiece, b: ShiftPiece): Pick<ShiftPiece, 'agreeing' | 'told'> {
  return { agreeing: a.agreeing + b.agreeing, told: a.told + b.told }
}

/** For each call the place of its clock. */
function bestCourse(votes: readonly DatedVote[]): Uint8Array {
  let scores = Int32Array.from({ length: SHIFTS }, (_, place) => (place === STEPS ? 0 : -CHANGE))
  const came: Uint8Array[] = []
  for (const { vote } of votes) {
    const best = bestOf(scores)
    const changed = (scores[best] as number) - CHANGE
    const from = new Uint8Array(SHIFTS)
    const next = new Int32Array(SHIFTS)
    for (let place = 0; place < SHIFTS; place++) {
      const stays = scores[place] as number
      const isChanged = changed > stays
      from[place] = isChanged ? best : place
      next[place] = (isChanged ? changed : stays) + (vote.support[place] as number)
    }
    came.push(from)
    scores = next
  }
  const places = new Uint8Array(votes.length)
  let place = bestOf(scores)
  for (let index = votes.length - 1; index >= 0; index--) {
    places[index] = place
    place = (came[index] as Uint8Array)[place] as number
  }
  return places
}

/** Of clocks that agree as well the one that is less far off. */
function bestOf(scores: Int32Array): number {
  let best = STEPS
  for (let step = 1; step <= STEPS; step++) {
    for (const place of [STEPS + step, STEPS - step]) {
      if ((scores[place] as number) > (scores[best] as number)) best = place
    }
  }
  return best
}

function shiftAt(place: number): number {
  return (place - STEPS) * SHIFT_STEP_MS
}
