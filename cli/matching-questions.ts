import type { MeetingPoint } from '#matching/rebuild/meeting.ts'
import type { RebuildReport } from '#matching/rebuild/rebuild.ts'
import { Failure } from '#shell/failure.ts'
import type { FromMatching, RebuildRequest, ToMatching } from './matching-messages.ts'

type Answer = Extract<FromMatching, { say: 'rebuilt' | 'measured' | 'reached' }>

/** A rebuild that others have a part in. */
export interface PartOfRebuild {
  report: Promise<RebuildReport>
  /** All are there. */
  met(point: MeetingPoint): void
  /** One of them never will be. */
  unmet(): void
}

/** What a matching process was asked and has not answered yet. */
export interface MatchingQuestions {
  rebuild(options: RebuildRequest): Promise<RebuildReport>
  meet(options: RebuildRequest, isLead: boolean, reached: (point: MeetingPoint) => void): PartOfRebuild
  measure(): Promise<object[]>
  take(answer: Answer): void
  /** The process has ended: nothing will be answered. */
  ended(): void
}

interface Asked {
  done(answer: unknown): void
  fail(error: Error): void
  reached?: ((point: MeetingPoint) => void) | undefined
}

/** `send` says whether there is a process to hear it. */
export function openQuestions(send: (message: ToMatching) => boolean): MatchingQuestions {
  const waiting = new Map<number, Asked>()
  let requests = 0
  const ask = (message: Extract<ToMatching, { say: 'rebuild' | 'measure' }>, reached?: Asked['reached']) => {
    if (!send(message)) {
      return Promise.reject(new Failure('starting', 'Matching is not running at the moment.', { retry_after_s: 5 }))
    }
    return new Promise<unknown>((done, fail) => waiting.set(message.request, { done, fail, reached }))
  }
  return {
    // What a process answers to each of these stands in `FromMatching`.
    rebuild: (options) => ask({ say: 'rebuild', request: ++requests, ...options }) as Promise<RebuildReport>,
    measure: () => ask({ say: 'measure', request: ++requests }) as Promise<object[]>,
    meet(options, isLead, reached) {
      const request = ++requests
      const report = ask(
        { say: 'rebuild', request, ...options, meeting: { isLead } },
        reached,
      ) as Promise<RebuildReport>
      return {
        report,
        met: (point) => void send({ say: 'met', request, point }),
        unmet: () => void send({ say: 'unmet', request }),
      }
    },
    take(answer) {
      const asked = waiting.get(answer.request)
      if (answer.say === 'reached') {
        asked?.reached?.(answer.point)
        return
      }
      waiting.delete(answer.request)
      if (answer.say === 'measured') asked?.done(answer.metrics)
      else if (answer.report) asked?.done(answer.report)
      else asked?.fail(new Failure('internal', answer.error ?? 'The rebuild failed.'))
    },
    ended() {
      for (const { fail } of waiting.values()) fail(new Failure('internal', 'Matching ended before it was done.'))
      waiting.clear()
    },
  }
}
