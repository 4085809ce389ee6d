import type { Fact } from '../facts/fact-rows.ts'
import { compareReceipts } from '../receipt.ts'

/** Calls and leads: the highest version replaces the whole, then the later receipt. */
export function newestMessage<Message extends Fact<'calls'> | Fact<'leads'>>(
  messages: readonly Message[],
): Message | undefined {
  return messages.toSorted((a, b) => a.version - b.version || compareReceipts(a, b)).at(-1)
}

export interface DealState {
  /** The newest message with what it left out filled from earlier ones; the reason only from those of its status. */
  deal: Fact<'deals'>
  /** When the deal was created: as said, else the first that was heard of it. */
  created_at: number
  /** When it was won or lost: the first message of the last unbroken run with that status; null while it is open. */
  closed_at: number | null
}

/** The deal as all its messages tell it, whatever the order they came in: newest `at`, then version, then receipt. */
export function dealState(messages: readonly Fact<'deals'>[]): DealState | undefined {
  const path = messages.toSorted((a, b) => a.at - b.at || a.version - b.version || compareReceipts(a, b))
  const newest = path.at(-1)
  if (!newest) return undefined
  const deal = { ...newest }
  const earlierFirst = path.toReversed()
  for (const field of ['stage', 'amount', 'currency', 'project', 'manager', 'url', 'created_at'] as const) {
    const said = earlierFirst.find((message) => message[field] !== null)
    Object.assign(deal, { [field]: said ? said[field] : null })
  }
  for (const field of ['contact_id', 'contact_name', 'visitor', 'ga', 'ym', 'call', 'lead'] as const) {
    deal[field] = earlierFirst.find((message) => message[field] !== '')?.[field] ?? ''
  }
  for (const field of ['phones', 'emails'] as const) {
    deal[field] = earlierFirst.find((message) => message[field].length > 0)?.[field] ?? []
  }
  const run = lastRun(earlierFirst)
  // Why it was lost says nothing of a deal that was taken up again.
  deal.reason = run.find(({ reason }) => reason !== null)?.reason ?? null
  const closed_at = deal.status === 'open' ? null : (run.at(-1)?.at ?? null)
  return { deal, created_at: deal.created_at ?? (path[0] as Fact<'deals'>).at, closed_at }
}

/** The newest messages that all have the status it has now, the newest first. */
function lastRun(earlierFirst: readonly Fact<'deals'>[]): readonly Fact<'deals'>[] {
  const broken = earlierFirst.findIndex(({ status }) => status !== earlierFirst[0]?.status)
  return broken < 0 ? earlierFirst : earlierFirst.slice(0, broken)
}

/** The newest verdict on a call or lead; annotations without one (comments, tags) leave it standing. */
export function newestVerdict(annotations: readonly Fact<'annotations'>[]): string {
  return (
    annotations
      .filter((annotation) => annotation.verdict !== '')
      .toSorted((a, b) => a.at - b.at || compareReceipts(a, b))
      .at(-1)?.verdict ?? ''
  )
}
