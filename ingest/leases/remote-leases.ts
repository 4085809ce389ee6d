import type { Settings } from '#storage/settings/settings.ts'
import type { SessionKey } from './holdings.ts'
import type { Leases } from './leases.ts'
import type { Sight } from './pools-for-session.ts'

/** What a worker lets the one that holds the leases know; nobody waits for it. */
export type LeaseNote = { say: 'page'; session: SessionKey; sight: Sight } | { say: 'life'; session: SessionKey }

/** What it asks. */
export type LeaseQuestion =
  | { ask: 'numbers'; session: SessionKey; address: string }
  | { ask: 'release'; session: SessionKey }

export type NumbersOfSession = Awaited<ReturnType<Leases['numbersFor']>>

export interface RemoteLeasesOptions {
  settings: Settings
  tell(note: LeaseNote): void
  /** Rejects with the Failure that the holder of the leases met. */
  ask(question: LeaseQuestion): Promise<NumbersOfSession>
}

/** Leases that another process holds, so that no two workers give one number away. */
export function openRemoteLeases({ settings, tell, ask }: RemoteLeasesOptions): Leases {
  let sites = sitesWithPools(settings)
  const stopListening = settings.onChange((changed) => {
    if (changed.some(({ kind }) => kind === 'pool')) sites = sitesWithPools(settings)
  })
  return {
    // Most sites have no numbers to lease: a message for each of their events would be for nothing.
    notePage: (session, sight) => void (sites.has(session.site) && tell({ say: 'page', session, sight })),
    touch: (session) => void (sites.has(session.site) && tell({ say: 'life', session })),
    numbersFor: (session, address) => ask({ ask: 'numbers', session, address }),
    release: (session) => ask({ ask: 'release', session }),
    sweep: async () => {},
    close: async () => stopListening(),
  }
}

/** Does with the leases what a worker said. */
export function takeLeaseNote(leases: Leases, note: LeaseNote): void {
  if (note.say === 'page') leases.notePage(note.session, note.sight)
  else leases.touch(note.session)
}

/** Answers what a worker asked. */
export async function answerLeaseQuestion(leases: Leases, question: LeaseQuestion): Promise<NumbersOfSession> {
  if (question.ask === 'numbers') return leases.numbersFor(question.session, question.address)
  return { numbers: [], ...(await leases.release(question.session)) }
}

function sitesWithPools(settings: Settings): Set<string> {
  return new Set(settings.list('pool').map(({ document }) => document.site))
}
