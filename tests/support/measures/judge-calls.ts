import type { TrueCall } from '../world/truth.ts'

/** A call as the history has it. */
export interface CallAnswer {
  id: string
  /** Empty: not known. */
  session: string
  confidence: number
  reason: string
}

/** Calls of one sort: how many there were, were given to a visit, and to the right one; and how many a visit led to. */
export interface CallCount {
  calls: number
  known: number
  matched: number
  right: number
}

export interface CallQuality {
  all: CallCount
  inLease: CallCount
  byHeld: Record<string, CallCount>
  byProvider: Record<string, CallCount>
  byReason: Record<string, CallCount>
  /** Of calls said to be so sure, how many are right: `said` is their mean confidence. */
  calibration: { from: number; calls: number; said: number; right: number }[]
}

const bucketStarts = [0, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98]

/**
 * Compares each call's session with the visit that showed the caller the number. Precision is right / matched, recall is
 * right / known: a call to a printed number came from no visit, so whatever visit it is given is a wrong one.
 */
export function judgeCalls(truth: readonly TrueCall[], answers: Iterable<CallAnswer>): CallQuality {
  const byId = new Map<string, CallAnswer>()
  for (const answer of answers) byId.set(answer.id, answer)
  const quality: CallQuality = {
    ...{ all: nothing(), inLease: nothing(), byHeld: {}, byProvider: {}, byReason: {} },
    calibration: bucketStarts.map((from) => ({ from, calls: 0, said: 0, right: 0 })),
  }
  for (const call of truth) {
    const answer = byId.get(call.id)
    const session = senderSession(answer?.session ?? '')
    const isRight = session !== '' && session === call.session
    const counts = [
      quality.all,
      cell(quality.byHeld, call.held),
      cell(quality.byProvider, call.provider),
      cell(quality.byReason, answer?.reason ?? 'missing'),
    ]
    if (isInLease(call)) counts.push(quality.inLease)
    for (const count of counts) {
      count.calls += 1
      if (call.session !== '') count.known += 1
      if (session !== '') count.matched += 1
      if (isRight) count.right += 1
    }
    if (answer && session !== '') {
      const bucket = quality.calibration.findLast(({ from }) => answer.confidence >= from)
      if (bucket) {
        bucket.calls += 1
        bucket.said += answer.confidence
        bucket.right += Number(isRight)
      }
    }
  }
  return quality
}

export function isInLease({ held }: TrueCall): boolean {
  return held === 'on_screen' || held === 'in_reserve'
}

/** A later piece of a visit is the same visit. */
export function senderSession(session: string): string {
  return session.replace(/\.\d+$/, '')
}

function nothing(): CallCount {
  return { calls: 0, known: 0, matched: 0, right: 0 }
}

function cell(counts: Record<string, CallCount>, name: string): CallCount {
  counts[name] ??= nothing()
  return counts[name]
}
