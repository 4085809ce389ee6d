import type { Meeting, MeetingPoint } from '#matching/rebuild/meeting.ts'
import type { FromMatching, ToMatching } from './matching-messages.ts'

type ToMeeting = Extract<ToMatching, { say: 'met' | 'unmet' | 'all rebuilt' }>

/** A matching process's part in rebuilds that it does together with others. */
export interface Meetings {
  join(request: number, asked: { isLead: boolean }): Meeting
  /** Asks for a rebuild by all, itself among them, and resolves when it is done. */
  rebuildAll(): Promise<void>
  take(message: ToMeeting): void
}

interface Waiting {
  done(): void
  fail(error: Error): void
}

export function openMeetings(tell: (message: FromMatching) => void): Meetings {
  let current: { request: number; isBroken: boolean; waiting: Map<MeetingPoint, Waiting> } | undefined
  let asking: Waiting | undefined
  return {
    join(request, { isLead }) {
      const own = { request, isBroken: false, waiting: new Map<MeetingPoint, Waiting>() }
      current = own
      const check = () => {
        if (own.isBroken) throw broken()
      }
      return {
        isLead,
        check,
        async reach(point) {
          check()
          const met = new Promise<void>((done, fail) => own.waiting.set(point, { done, fail }))
          tell({ say: 'reached', request, point })
          await met
        },
      }
    },
    rebuildAll() {
      tell({ say: 'rebuild all' })
      return new Promise((done, fail) => {
        asking = { done, fail }
      })
    },
    take(message) {
      if (message.say === 'all rebuilt') {
        if (message.error === undefined) asking?.done()
        else asking?.fail(new Error(message.error))
      } else if (message.request === current?.request) {
        if (message.say === 'met') current.waiting.get(message.point)?.done()
        else {
          current.isBroken = true
          for (const { fail } of current.waiting.values()) fail(broken())
        }
      }
    },
  }
}

function broken(): Error {
  return new Error('Another matching process could not do its part of the rebuild.')
}
