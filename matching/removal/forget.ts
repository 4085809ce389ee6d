import type { IdentifierKind } from '#domain/identifier.ts'
import { touchSession } from '../facts/touched.ts'
import { lookAgain, type SiteState } from '../identity/site-state.ts'
import type { PlanRow } from './plan.ts'

/**
 * Makes memory forget what a plan names, and asks for all of it to be worked out again from the facts that are left. The
 * tables hold no row of it any more, in any version.
 */
export function forgetPlanned(state: SiteState, plan: readonly PlanRow[]): void {
  const members = plan.filter(({ role }) => role === 'member')
  const beside = plan.filter(({ role }) => role === 'again')
  const find = ({ kind, value }: PlanRow) => state.graph.find(kind as IdentifierKind, value) ?? []
  const retold = beside.filter(({ kind }) => toldBySessions.has(kind))
  state.graph.forget(members.flatMap(find), retold.flatMap(find))
  // Annotations may have gone too.
  state.hands = undefined
  lookAgain(state, [...members, ...beside])
  // Counted anew from the rows that are left.
  state.requests = undefined
  for (const { role, value, other } of plan) {
    // Asked for just above, so it is there.
    if (role === 'visit' && state.unfinished) touchSession(state.unfinished, value, other)
  }
  const keys = (rows: readonly PlanRow[]) => new Set(rows.map(({ kind, value }) => `${kind}\n${value}`))
  state.purged = { members: keys(members), listed: keys([...members, ...beside]) }
}

/** Reading the sessions around them again tells anew all that events say of these; of others it would not. */
const toldBySessions = new Set(['visitor', 'session', 'lead'])
